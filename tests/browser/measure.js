// Measures the annotation screen; changes nothing but the scroll position.
window.measure = (() => {
  const ARTICLE = ".lsf-richtext__container";

  const frames = (count) =>
    new Promise((done) => {
      const next = (left) => (left ? requestAnimationFrame(() => next(left - 1)) : done());
      next(count);
    });

  let last = "";
  let since = 0;
  // True once the article is there, no request is pending in the page's own loaders and the layout stood still for 500 ms.
  const settled = () => {
    const article = document.querySelector(ARTICLE);
    if (!article || !article.textContent) return false;
    const now = JSON.stringify(article.getBoundingClientRect()) + document.querySelectorAll("*").length;
    if (now !== last) {
      last = now;
      since = performance.now();
      return false;
    }
    return performance.now() - since > 500;
  };

  // What an element says as one string, with the node and offset of each UTF-16 unit.
  const characters = (element) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    const places = [];
    let text = "";
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) {
        for (let i = 0; i < node.length; i++) places.push([node, i]);
        text += node.data;
      } else if (node.tagName === "BR") {
        places.push([node, 0]);
        text += "\n";
      }
    }
    return { text, places };
  };

  // The places of the words in the article, the nth time they stand there.
  const find = (words, nth) => {
    const { text, places } = characters(document.querySelector(ARTICLE));
    let at = -1;
    for (let i = 0; i <= nth; i++) {
      at = text.indexOf(words, at + 1);
      if (at < 0) return null;
    }
    return places.slice(at, at + words.length);
  };

  // The letters among the places, in the order of the text, with their boxes; what takes no room is left out.
  const letters = (places) => {
    const range = document.createRange();
    return places.flatMap(([node, offset]) => {
      if (node.nodeType !== Node.TEXT_NODE || !node.data[offset].trim()) return [];
      range.setStart(node, offset);
      range.setEnd(node, offset + 1);
      const box = [...range.getClientRects()].find((one) => one.width > 0);
      return box ? [{ letter: node.data[offset], box }] : [];
    });
  };

  const middle = (box) => (box.top + box.bottom) / 2;
  const middleX = (box) => (box.left + box.right) / 2;

  const reveal = (words, nth) => find(words, nth)?.[0][0].parentElement.scrollIntoView({ block: "nearest" });

  // Where the words begin and end, and which way they run there: 1 to the right, -1 to the left.
  const locate = (words, nth) => {
    const found = find(words, nth);
    if (!found) return null;
    let seen = letters(found);
    if (middle(seen[0].box) < 120 || middle(seen.at(-1).box) > innerHeight - 120) {
      scrollParent(found[0][0].parentElement).scrollBy(0, middle(seen[0].box) - innerHeight / 2);
      seen = letters(found);
    }
    const way = ({ letter }) => (/[\p{Script=Arabic}\p{Script=Hebrew}]/u.test(letter) ? -1 : 1);
    const [start, end] = [seen[0], seen.at(-1)];
    return {
      x1: way(start) > 0 ? start.box.left : start.box.right,
      y1: middle(start.box),
      way1: way(start),
      x2: way(end) > 0 ? end.box.right : end.box.left,
      y2: middle(end.box),
      way2: way(end),
    };
  };

  // On how many lines the words stand, and the left and right ends of all of them.
  const extent = (words) => {
    const seen = letters(find(words, 0)).map(({ box }) => box);
    return {
      lines: new Set(seen.map((box) => Math.round(middle(box) / 8))).size,
      left: Math.min(...seen.map((box) => box.left)),
      right: Math.max(...seen.map((box) => box.right)),
    };
  };

  // The last line of each paragraph of an element: where its first and last letters stand, and the room it leaves free.
  const lastLines = (selector) => {
    const element = document.querySelector(selector);
    const { text, places } = characters(element);
    return [...text.matchAll(/[^\n]+/g)].map(({ index, 0: words }) => {
      const seen = letters(places.slice(index, index + words.length)).map(({ box }) => box);
      const line = seen.filter((box) => Math.abs(middle(box) - middle(seen.at(-1))) < 8);
      const block = element.querySelector(".lsf-richtext__line") || element;
      const inside = block.getBoundingClientRect();
      const padding = getComputedStyle(block);
      return {
        first: middleX(line[0]),
        last: middleX(line.at(-1)),
        freeLeft: Math.min(...line.map((box) => box.left)) - inside.left - parseFloat(padding.paddingLeft),
        freeRight: inside.right - parseFloat(padding.paddingRight) - Math.max(...line.map((box) => box.right)),
      };
    });
  };

  const scrollParent = (element) => {
    for (let at = element; at; at = at.parentElement) {
      if (/auto|scroll/.test(getComputedStyle(at).overflowY) && at.scrollHeight > at.clientHeight) return at;
    }
    return document.scrollingElement;
  };

  const marks = () => new Set([...document.querySelectorAll(".htx-highlight[data-start]")].map((span) => span.className.match(/htx-highlight-\S+/)[0])).size;

  const shown = (element) => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  };

  // Whether all of an element is on the screen and nothing lies over its middle or its corners.
  const boxes = (selector) =>
    [...document.querySelectorAll(selector)].filter(shown).map((element) => {
      const box = element.getBoundingClientRect();
      const inside = box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight && box.right <= innerWidth;
      const points = [[(box.left + box.right) / 2, (box.top + box.bottom) / 2]];
      for (const x of [box.left + 1, box.right - 1]) for (const y of [box.top + 1, box.bottom - 1]) points.push([x, y]);
      const free = points.every(([x, y]) => {
        const top = document.elementFromPoint(x, y);
        return top && (element.contains(top) || top.contains(element));
      });
      return { text: (element.innerText || element.name || element.className).trim(), reachable: inside && free };
    });

  const chosen = () =>
    [...document.querySelectorAll(".lsf-choice input:checked")]
      .map((input) => input.closest("label"))
      .filter(shown)
      .map((label) => label.textContent.trim());

  const style = () => {
    const article = document.querySelector(ARTICLE);
    const computed = getComputedStyle(article);
    return {
      fontSize: parseFloat(computed.fontSize),
      lineHeight: parseFloat(computed.lineHeight),
      width: article.getBoundingClientRect().width,
      rem: parseFloat(getComputedStyle(document.documentElement).fontSize),
      whiteSpace: computed.whiteSpace,
    };
  };

  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  // Any CSS colour as [r, g, b, alpha], by letting the browser paint it.
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = "#000";
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };

  const over = (top, bottom) => {
    const alpha = top[3] + bottom[3] * (1 - top[3]);
    if (alpha === 0) return [0, 0, 0, 0];
    const mix = (i) => (top[i] * top[3] + bottom[i] * bottom[3] * (1 - top[3])) / alpha;
    return [mix(0), mix(1), mix(2), alpha];
  };

  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };

  const ratio = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };

  // What lies behind an element: its own and its ancestors' backgrounds, painted from the page upwards.
  const backdrop = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };

  const opacity = (element) => {
    let all = 1;
    for (let at = element; at; at = at.parentElement) all *= Number(getComputedStyle(at).opacity);
    return all;
  };

  const reading = (element, text, colour, background) => {
    const ink = [...colour.slice(0, 3), colour[3] * opacity(element)];
    const hex = (value) => "#" + value.slice(0, 3).map((part) => Math.round(part).toString(16).padStart(2, "0")).join("");
    const front = over(ink, background);
    return {
      text: text.trim().slice(0, 60),
      where: element.tagName.toLowerCase() + "." + String(element.getAttribute("class") || "").split(/\s+/).slice(0, 3).join("."),
      colour: hex(front),
      background: hex(background),
      ratio: Math.round(ratio(front, background) * 100) / 100,
    };
  };

  const inactive = (element) => !!element.closest("[disabled], [aria-disabled=true], .ant-select-disabled");

  // Contrast of every visible text: text nodes, labels drawn by ::after, placeholders and what stands in fields, SVG labels.
  const contrasts = () => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.data.trim() || !shown(element) || inactive(element) || element.closest("svg, style, script, noscript, title")) continue;
      found.push(reading(element, node.data, rgba(getComputedStyle(element).color), backdrop(element)));
    }
    for (const element of document.querySelectorAll("input, textarea")) {
      if (!shown(element) || !/text|email|search|textarea/.test(element.type)) continue;
      const pseudo = element.value ? null : "::placeholder";
      found.push(reading(element, element.value || element.placeholder || "(empty)", rgba(getComputedStyle(element, pseudo).color), backdrop(element)));
    }
    for (const element of document.querySelectorAll(".htx-highlight[data-label]")) {
      const after = getComputedStyle(element, "::after");
      if (after.display === "none" || after.content === "none") continue;
      found.push(reading(element, "after:" + element.dataset.label, rgba(after.color), over(rgba(after.backgroundColor), backdrop(element))));
    }
    for (const element of document.querySelectorAll(".relations-overlay text")) {
      const plate = element.parentElement.querySelector("rect");
      if (plate) found.push(reading(element, element.textContent, rgba(getComputedStyle(element).fill), rgba(getComputedStyle(plate).fill)));
    }
    return found;
  };

  return { frames, settled, reveal, locate, extent, lastLines, marks, boxes, chosen, style, contrasts };
})();
