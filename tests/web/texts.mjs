/** All keys of a language as JSON: `{key: {kind, names}}`, names being what is filled in. */
const { default: texts } = await import(new URL(`./web/i18n/${process.argv[2]}.js`, import.meta.url));
const found = {};
const walk = (level, path) => {
  for (const [name, value] of Object.entries(level)) {
    const key = [...path, name].join(".");
    if (typeof value === "object") walk(value, [...path, name]);
    else if (typeof value === "function") found[key] = { kind: "function", names: [] };
    else found[key] = { kind: typeof value, names: [...value.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort() };
  }
};
walk(texts, []);
console.log(JSON.stringify(found));
