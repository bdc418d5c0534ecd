// Parses every AsyncAPI document named on the command line; prints each error, exits 1 if there is one.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

let faults = 0;
for (const file of process.argv.slice(2)) {
  const { diagnostics } = await new Parser().parse(readFileSync(file, "utf8"), { source: file });
  for (const { severity, message, path } of diagnostics) {
    if (severity === 0) {
      faults += 1;
      console.error(`${file}: ${path.join("/")}: ${message}`);
    }
  }
}
process.exit(faults ? 1 : 0);
