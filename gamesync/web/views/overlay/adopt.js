/**
 * OBS puts its "Custom CSS" into the page as a <style>, which our Content-Security-Policy does not
 * let apply. It is the streamer's own page: so it is taken over as a style sheet by script, which
 * the policy allows.
 */

/** Take over every <style> that is added to the page and was not applied. */
export function adoptStyles(root = document.documentElement) {
  const adopted = new Map();
  const look = () => {
    let changed = false;
    for (const style of root.querySelectorAll("style")) {
      const text = style.textContent;
      if (style.sheet?.cssRules.length || adopted.get(style)?.text === text) continue;
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(text);
      adopted.set(style, { text, sheet });
      changed = true;
    }
    for (const style of adopted.keys()) {
      if (!style.isConnected) changed = adopted.delete(style) || changed;
    }
    if (changed) document.adoptedStyleSheets = [...adopted.values()].map(({ sheet }) => sheet);
  };
  const observer = new MutationObserver(look);
  for (const place of [document.head, document.documentElement]) {
    observer.observe(place, { childList: true, characterData: true, subtree: place === document.head });
  }
  look();
}
