export default { mode: "production", entry: "./page.mjs", performance: { hints: false } };
