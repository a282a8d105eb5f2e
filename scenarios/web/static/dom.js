// Elements are made here and nowhere else. Text becomes text nodes: a server chooses some of what is shown, such as
// close codes, so nothing is ever parsed as markup.

const SVG = "http://www.w3.org/2000/svg";

export function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function draw(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

// Replaces the content only when it says something else than before, so that what a reader has selected stays so.
export function refresh(element, content, build) {
  const key = JSON.stringify(content);
  if (element.wsdiagKey === key) return;
  element.wsdiagKey = key;
  element.replaceChildren(...build().filter((child) => child !== null));
}
