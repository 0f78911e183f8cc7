// What a piece of code is called as a file.

const ENDINGS = {
  bash: "sh", bat: "bat", batch: "bat", c: "c", clojure: "clj", cpp: "cpp", "c++": "cpp", cs: "cs", csharp: "cs", "c#": "cs", css: "css",
  csv: "csv", dart: "dart", diff: "diff", elixir: "ex", erlang: "erl", go: "go", golang: "go", graphql: "graphql", haskell: "hs",
  html: "html", http: "http", ini: "ini", java: "java", javascript: "js", js: "js", json: "json", jsonc: "json", jsx: "jsx",
  julia: "jl", kotlin: "kt", latex: "tex", less: "less", lua: "lua", markdown: "md", md: "md", matlab: "m", mermaid: "mmd",
  nix: "nix", objc: "m", "objective-c": "m", ocaml: "ml", patch: "diff", perl: "pl", php: "php", powershell: "ps1", proto: "proto",
  protobuf: "proto", ps1: "ps1", py: "py", python: "py", python3: "py", r: "r", rb: "rb", rs: "rs", ruby: "rb", rust: "rs",
  sass: "sass", scala: "scala", scss: "scss", sh: "sh", shell: "sh", sql: "sql", svelte: "svelte", svg: "svg", swift: "swift",
  terraform: "tf", tex: "tex", text: "txt", toml: "toml", ts: "ts", tsx: "tsx", typescript: "ts", txt: "txt", vim: "vim", vue: "vue",
  xml: "xml", yaml: "yaml", yml: "yaml", zig: "zig", zsh: "sh",
};
// Files that are called so, whatever is in them.
const NAMES = { cmake: "CMakeLists.txt", docker: "Dockerfile", dockerfile: "Dockerfile", html: "index.html", make: "Makefile", makefile: "Makefile" };
const KNOWN = new Set(Object.values(ENDINGS));
// A first line that is a comment with nothing in it but a name: "# src/app.py", "<!-- index.html -->", "// File: a.js".
const NAMED = /^\s*(?:\/\/|\/\*+|#+|--|;+|%+|<!--|rem\b)\s*(?:file ?name|file|文件名?)?\s*[:：]?\s*`?(?:[\p{L}\p{N}_.\- ]*[\\/])*([\p{L}\p{N}_][\p{L}\p{N}_.\-]{0,98}\.([a-z][a-z0-9]{0,9}))`?\s*(?:\*+\/|-->)?\s*$/iu;

export function fileName(source, language) {
  const kind = language.toLowerCase();
  const ending = ENDINGS[kind] ?? "txt";
  const [, name, own] = source.slice(0, 400).split("\n", 1)[0].match(NAMED) ?? [];
  // "numpy.array" in a comment is no file.
  if (name && KNOWN.has(own.toLowerCase())) return name;
  return NAMES[kind] ?? `code.${ending}`;
}
