"use strict";
const form = document.querySelector(".filter");
const who = form.querySelector("select");
const words = form.querySelector("input");
const said = form.querySelector("output");
const texts = new Map();
function textOf(one) {
  if (!texts.has(one)) texts.set(one, one.textContent.toLocaleLowerCase());
  return texts.get(one);
}
function apply() {
  const wanted = words.value.trim().toLocaleLowerCase();
  let count = 0;
  for (const section of document.querySelectorAll("section[data-code]")) {
    let left = 0;
    for (const one of section.querySelectorAll("article")) {
      const fits = (!who.value || one.dataset.by === who.value)
        && (!wanted || textOf(one).includes(wanted));
      one.hidden = !fits;
      left += fits;
    }
    section.hidden = left === 0 && Boolean(who.value || wanted);
    count += left;
  }
  said.textContent = who.value || wanted ? `${count} of the findings on this page` : "";
}
form.hidden = false;
form.addEventListener("submit", (event) => event.preventDefault());
who.addEventListener("change", apply);
words.addEventListener("input", apply);
