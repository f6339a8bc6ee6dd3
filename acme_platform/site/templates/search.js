"use strict";
// kind, name, page, words of whatever can be found
const INDEX = {{ index }};
const box = document.getElementById("search"), list = document.getElementById("found");

function rank([, name, , words], asked) {
  if (asked.every(word => name.toLowerCase().includes(word))) return 0;
  return asked.every(word => `${name} ${words}`.toLowerCase().includes(word)) ? 1 : 2;
}

function show() {
  const asked = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  const found = asked.length ? INDEX.map(one => [rank(one, asked), one]).filter(([place]) => place < 2) : [];
  found.sort((one, other) => one[0] - other[0]);
  list.replaceChildren(...found.slice(0, 20).map(([, [kind, name, page]]) => {
    const item = document.createElement("li"), link = document.createElement("a");
    link.href = page;
    link.textContent = name;
    item.append(link, ` ${kind}`);
    return item;
  }));
  if (asked.length && !found.length) list.append("Nothing is called that, or says it.");
  list.hidden = !asked.length;
}

box.addEventListener("input", show);
box.addEventListener("keydown", event => {
  if (event.key === "Escape") { box.value = ""; show(); }
  if (event.key === "Enter") list.querySelector("a")?.click();
});
