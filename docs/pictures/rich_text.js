// local-slack's page draws no rich_text blocks: fills them in as Slack draws them, from the blocks that were posted.
(blocks) => {
  const inline = (each) => {
    const style = each.style || {};
    let node = document.createElement(each.type === "link" ? "a" : style.code ? "code" : "span");
    node.textContent = each.type === "channel" ? "#" + each.channel_id : each.text || each.url || "";
    if (each.type === "link") node.href = each.url;
    node.style.fontWeight = style.bold ? "700" : "inherit";
    node.style.fontStyle = style.italic ? "italic" : "inherit";
    return node;
  };
  const drawn = {
    rich_text_section: () => document.createElement("div"),
    rich_text_preformatted: () => document.createElement("pre"),
    rich_text_quote: () => {
      const node = document.createElement("div");
      node.style.cssText = "border-left:4px solid #ddd;padding-left:12px";
      return node;
    },
    rich_text_list: (element) => {
      const node = document.createElement(element.style === "ordered" ? "ol" : "ul");
      node.style.cssText = `margin:2px 0;padding-left:${26 + 22 * (element.indent || 0)}px`;
      if (element.offset) node.start = element.offset + 1;
      return node;
    },
  };
  const draw = (element) => {
    const node = drawn[element.type](element);
    for (const each of element.elements) {
      if (element.type !== "rich_text_list") node.append(inline(each));
      else {
        const item = document.createElement("li");
        for (const part of each.elements) item.append(inline(part));
        node.append(item);
      }
    }
    return node;
  };
  for (const [where, parts] of Object.entries(blocks)) {
    const holder = document.querySelector(where);
    for (const old of holder ? holder.querySelectorAll(".drawn") : []) old.remove();
    const empty = holder ? [...holder.querySelectorAll(".bk-unknown")].filter((node) => node.textContent === "[rich_text]") : [];
    parts.filter((block) => block.type === "rich_text").forEach((block, i) => {
      if (!empty[i]) return;
      const node = document.createElement("div");
      node.className = "drawn";
      node.style.cssText = "white-space:pre-wrap;margin:2px 0 8px;line-height:1.46;font-size:15px;color:#1d1c1d";
      for (const element of block.elements) node.append(draw(element));
      empty[i].style.fontSize = "0"; // the page goes on to own this element, so its own words are only hidden
      empty[i].append(node);
    });
  }
};
