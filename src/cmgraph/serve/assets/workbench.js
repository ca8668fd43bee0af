// Puts YASGUI in the place of the text field of the form, which still sends the query as it stands.
"use strict";
{
  const form = document.getElementById("ask");
  const field = document.getElementById("query");
  const declarations = document.getElementById("prefixes").textContent.match(/\S+: <[^>]*>/g) ?? [];
  const prefixes = Object.fromEntries(declarations.map((line) => line.match(/(\S*): <(.*)>/).slice(1)));
  const missing = declarations.filter((line) => {
    const prefix = line.split(" ", 1)[0];
    return field.value.includes(prefix) && !field.value.includes(`PREFIX ${prefix}`);
  });
  const { Yasqe } = Yasgui;

  // What there is to complete is asked of this server alone, once.
  const terms = async (kinds) => {
    const query = `SELECT DISTINCT ?term { VALUES ?kind { ${kinds} } ?term a ?kind FILTER ISIRI(?term) } ORDER BY ?term`;
    const answer = await fetch(`${form.action}?${new URLSearchParams({ query })}`, { headers: { Accept: "text/csv" } });
    return answer.ok ? (await answer.text()).trim().split(/\r?\n/).slice(1) : [];
  };
  const own = { bulk: true, persistenceId: null };
  Yasqe.defaults.autocompleters = ["variables"];
  Yasqe.forkAutocompleter("prefixes", { ...own, name: "own-prefixes", get: () => declarations });
  Yasqe.forkAutocompleter("class", { ...own, name: "own-classes", get: () => terms("owl:Class") });
  Yasqe.forkAutocompleter("property", {
    ...own,
    name: "own-properties",
    get: () => terms("owl:ObjectProperty owl:DatatypeProperty owl:AnnotationProperty"),
  });

  const place = document.createElement("div");
  place.id = "workbench";
  form.before(place);
  field.parentElement.hidden = true;
  document.querySelector('label[for="query"]').parentElement.hidden = true;
  const yasgui = new Yasgui(place, {
    persistenceId: null,
    autofocus: false,
    requestConfig: { endpoint: form.action },
    endpointCatalogueOptions: { getData: () => [] },
    yasqe: { value: [...missing.map((line) => `PREFIX ${line}`), field.value].join("\n"), prefixCcApi: null, persistenceId: null },
    yasr: { prefixes, persistenceId: null },
  });
  form.addEventListener("submit", () => { field.value = yasgui.getTab().getYasqe().getValue(); });
}
