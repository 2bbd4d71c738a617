// Reads [{text, queries}] from standard input, writes the list of what all queries of each find, as Renovate's jsonata manager does:
// renovatebot/renovate:lib/modules/manager/custom/jsonata/utils.ts and lib/util/yaml.ts at 44.121.2.
const jsonata = require("jsonata");
const { parseAllDocuments } = require("yaml");

async function find({ text, queries }) {
  const documents = parseAllDocuments(text, { prettyErrors: true, uniqueKeys: true, strict: false }).map((document) => {
    if (document.errors.length) throw document.errors[0];
    return document.toJS({ maxAliasCount: 10000 });
  });
  const found = [];
  for (const query of queries) found.push((await jsonata(query).evaluate(documents)) ?? []);
  return found.flat();
}

const files = JSON.parse(require("fs").readFileSync(0, "utf8"));
Promise.all(files.map(find)).then((found) => process.stdout.write(JSON.stringify(found)));
