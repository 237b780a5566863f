// Reads a list of résumés from standard input; prints, for each, what JSON Resume's own schema has against it.
import { readFileSync } from "node:fs";
import resume from "@jsonresume/schema";

const faults = JSON.parse(readFileSync(0, "utf8")).map((each) => {
  let found = [];
  resume.validate(each, (errors) => {
    found = (errors ?? []).map((error) => error.stack);
  });
  return found;
});
console.log(JSON.stringify(faults));
