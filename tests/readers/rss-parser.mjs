// Fetches feeds with rss-parser and prints what it sees of each as a line of JSON.
//
//   npm ci --ignore-scripts
//   node rss-parser.mjs http://127.0.0.1:8080/feeds/all.atom http://127.0.0.1:8080/feeds/all.rss
import Parser from "rss-parser";

const parser = new Parser({
  customFields: {
    item: ["updated", ["atom:updated", "updated"], ["media:content", "media", { keepArray: true }]],
  },
});

for (const address of process.argv.slice(2)) {
  try {
    const feed = await parser.parseURL(address);
    const items = feed.items.map((item) => ({
      id: item.id ?? item.guid,
      title: item.title,
      link: item.link,
      published: item.isoDate,
      updated: item.updated,
      text: item["content:encodedSnippet"] ?? item.contentSnippet,
      media: (item.media ?? []).map((media) => ({ url: media.$.url, credit: media["media:credit"]?.[0] })),
    }));
    console.log(JSON.stringify({ address, title: feed.title, items }));
  } catch (error) {
    console.log(JSON.stringify({ address, error: String(error.message) }));
    process.exitCode = 1;
  }
}
