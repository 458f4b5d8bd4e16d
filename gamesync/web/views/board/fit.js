/**
 * Text that has to stay in one line: made smaller until it fits; if that is not enough, two lines
 * of the smallest (`may-wrap`), or cut with dots.
 */

const LEAST = 0.55;
const fitted = new WeakMap();

/** Fit every `.fit` in `root`. It must be one line (`white-space: nowrap; overflow: hidden`). */
export function fit(root, least = LEAST) {
  const due = [];
  for (const element of root.querySelectorAll(".fit")) {
    const key = `${element.textContent}|${element.clientWidth}|${innerHeight}`;
    if (fitted.get(element) !== key) due.push(element);
  }
  for (const element of due) {
    element.style.removeProperty("--fit");
    element.classList.remove("wraps");
  }
  // By ranges, for scrollWidth is rounded, and less than a pixel too much costs letters.
  const range = document.createRange();
  const sizes = due.map((element) => {
    range.selectNodeContents(element);
    return [element, element.getBoundingClientRect().width, range.getBoundingClientRect().width];
  });
  for (const [element, room, width] of sizes) {
    if (width > room - 0.1 && room) {
      const wanted = Math.floor((room / width) * 98) / 100;
      element.style.setProperty("--fit", String(Math.max(least, wanted)));
      element.classList.toggle("wraps", wanted < least && element.classList.contains("may-wrap"));
    }
    fitted.set(element, `${element.textContent}|${element.clientWidth}|${innerHeight}`);
  }
}
