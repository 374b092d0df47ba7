// Sends one letter many times through nodemailer's pool; prints seconds of wall and of CPU time.
const fs = require("fs");
const nodemailer = require("nodemailer");
const [port, letters, connections, from, to] = process.argv.slice(1);
const raw = fs.readFileSync("letter.eml");
const pool = nodemailer.createTransport({
  pool: true, host: "127.0.0.1", port: Number(port), secure: false, ignoreTLS: true,
  maxConnections: Number(connections), maxMessages: Infinity,
});
(async () => {
  const before = process.cpuUsage();
  const began = process.hrtime.bigint();
  let left = Number(letters);
  const work = async () => {
    while (left-- > 0) await pool.sendMail({ envelope: { from, to: [to] }, raw });
  };
  await Promise.all(Array.from({ length: Number(connections) * 2 }, work));
  const wall = Number(process.hrtime.bigint() - began) / 1e9;
  const used = process.cpuUsage(before);
  console.log(wall, (used.user + used.system) / 1e6);
  pool.close();
})();
