// Show a list by keeping the element of each item: focus, selection and screen readers stay where they are.

// `make(item)` gives a new element, `update(element, item)` brings it up to date.
export function showList(parent, items, key, make, update) {
  const focused = document.activeElement;
  const kept = new Map(Array.from(parent.children, (element) => [element.dataset.key, element]));
  items.forEach((item, index) => {
    const id = String(key(item));
    let element = kept.get(id);
    kept.delete(id);
    if (element === undefined) {
      element = make(item);
      element.dataset.key = id;
    }
    if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index] ?? null);
    update(element, item);
  });
  for (const element of kept.values()) element.remove();
  // An element that is moved to another place loses the focus.
  if (document.activeElement !== focused && parent.contains(focused)) focused.focus({ preventScroll: true });
}

// Writing the same text again would make screen readers say it again.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Make an element with a class and children; strings become text, never markup.
export function build(name, className = "", ...children) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
}
