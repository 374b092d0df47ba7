// What is wrong with a letter as this browser shows it now: a list of sentences. Given the addresses that a thumb must hit.
(targets) => {
  const faults = [];
  const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const name = (element) => `<${element.localName}> ${(element.textContent || element.alt || "").trim().slice(0, 40)}`;
  const say = (words, element) => faults.push(`${words}: ${name(element)}`);
  const width = document.documentElement.clientWidth;

  const blockOf = (element) => {
    while (getComputedStyle(element).display === "inline") element = element.parentElement;
    return element;
  };
  const groundOf = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const [red, green, blue, alpha = 1] = getComputedStyle(one).backgroundColor.match(/[\d.]+/g).map(Number);
      if (alpha === 1) return [red, green, blue];
      if (alpha > 0) say("a ground that shines through", one);
    }
    say("text without a ground of its own", element);
    return [128, 128, 128];
  };
  const luminance = (colour) => {
    const [red, green, blue] = colour.map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const judgeContrast = (element) => {
    const ink = getComputedStyle(element).color.match(/[\d.]+/g).map(Number);
    if (ink.length > 3 && ink[3] < 1) say("ink that shines through", element);
    const [dark, light] = [ink.slice(0, 3), groundOf(element)].map(luminance).sort((one, other) => one - other);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < 4.5) say(`contrast ${contrast.toFixed(2)}`, element);
  };

  if (document.documentElement.scrollWidth > width) faults.push(`it is ${document.documentElement.scrollWidth} pixels wide`);
  const blocks = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const element = node.parentElement;
    if (!node.data.replace(/[\s\u200a]/g, "") || !shown(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const block = blockOf(element);
    const box = block.getBoundingClientRect();
    for (const line of range.getClientRects()) {
      if (line.width > 0 && (line.left < Math.max(box.left, 0) - 1 || line.right > Math.min(box.right, width) + 1)) {
        say("text leaves its box", element);
        break;
      }
    }
    blocks.add(block);
    judgeContrast(element);
  }

  const boxes = [...blocks].map((block) => [block, block.getBoundingClientRect()]);
  boxes.forEach(([block, box], place) => {
    for (const [other, its] of boxes.slice(place + 1)) {
      if (block.contains(other) || other.contains(block)) continue;
      const across = Math.min(box.right, its.right) - Math.max(box.left, its.left);
      const down = Math.min(box.bottom, its.bottom) - Math.max(box.top, its.top);
      if (across > 1 && down > 1) say(`covers ${name(other)}`, block);
    }
    const size = parseFloat(getComputedStyle(block).fontSize);
    if (size < 11) say(`${size} pixels high letters`, block);
  });

  const links = [...document.querySelectorAll("a")].filter(shown)
    .map((link) => [link, [...link.getClientRects()].filter((box) => box.width > 0)]);
  links.forEach(([link, its], place) => {
    for (const [other, others] of links.slice(place + 1)) {
      const meet = its.some((one) => others.some((two) =>
        Math.min(one.right, two.right) - Math.max(one.left, two.left) > 1
        && Math.min(one.bottom, two.bottom) - Math.max(one.top, two.top) > 1));
      if (meet) say(`a link covers another one, ${name(other)}`, link);
    }
    if (targets.includes(link.href)) {
      const height = Math.min(...its.map((box) => box.height));
      if (height < 24) say(`a thumb has ${height.toFixed(1)} pixels`, link);
    }
  });

  for (const image of [...document.images].filter(shown)) {
    const box = image.getBoundingClientRect();
    if (box.left < -1 || box.right > width + 1) say("a picture leaves the page", image);
    if (box.width < 40 || box.height < 12) say(`a picture of ${box.width} by ${box.height}`, image);
    if (!image.naturalWidth) judgeContrast(image);
  }

  const title = document.querySelector("h1");
  for (const element of document.querySelectorAll("h1, h2, h3, p")) {
    if (!shown(element) || (element !== title && !(title.compareDocumentPosition(element) & 4))) continue;
    const { direction, textAlign } = getComputedStyle(element);
    const side = direction === "rtl" ? "right" : "left";
    const spoken = element.closest("[lang]").lang;
    if (direction !== (spoken === "ar" ? "rtl" : "ltr")) say(`${spoken} set ${direction}`, element);
    const isShort = element.localName === "p" && element.clientHeight < 1.5 * parseFloat(getComputedStyle(element).lineHeight);
    if (!isShort && ![side, "start", "center", "-webkit-center"].includes(textAlign)) say(`${direction} text on the ${textAlign}`, element);
  }
  return faults;
}
