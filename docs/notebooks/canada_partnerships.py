# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Canada's partnerships on critical minerals, as a network
#
# Who is tied to Canada by the arrangements in the graph, how did that grow, who else stands in the middle, and what do the
# ties rest on? Every number below comes from statements with a source; a tie that is absent was not seen.

# %%
from pathlib import Path

import cmgraph
from cmgraph import NetworkFilter

graph = cmgraph.load()
canada = graph.names.resolve("Government of Canada").value

# %% [markdown]
# ## The network
#
# Two actors are tied if they are parties to the same arrangement. National governments and the European Union only, so that a
# plan of all provinces or an agreement on one mine does not weigh like a treaty.

# %%
states = NetworkFilter(kinds=("national government", "supranational union"))
net = cmgraph.build_network(graph, "actors", network_filter=states)
print(f"{len(net)} actors, {net.number_of_edges()} ties; Canada is tied to {net.degree(canada)} of them")

# %% [markdown]
# ## How Canada's ties grew
#
# The network as it was at the end of each year: an arrangement counts from its date on, and one whose date is unknown counts
# always.

# %%
growth = {
    year: ties.degree(canada) if canada in ties else 0
    for year in range(2015, 2027)
    for ties in [cmgraph.build_network(graph, "actors", network_filter=states, asOf=f"{year}-12-31")]
}
for year, partners in growth.items():
    print(year, "#" * partners, partners)

# %% [markdown]
# ## Which ties are new since 2020?

# %%
news = cmgraph.network_changes(graph, "actors", "2020-12-31", "2026-11-23", network_filter=states)
new = [row for row in news.to_dicts() if canada in (row["from"].iri, row["to"].iri) and not row["before"]]
for row in new:
    print(next(end.label for end in (row["from"], row["to"]) if end.iri != canada), row["after"])

# %% [markdown]
# ## Who stands in the middle?
#
# Degree and betweenness with their definitions, and the roles of brokers by kind of actor.

# %%
scores = cmgraph.node_measures(graph, "actors", network_filter=states)
print(scores.note)
scores.to_pandas()[["thing", "degree", "ties", "betweenness", "core", "community"]].head(10)

# %%
roles = cmgraph.brokerage(graph, "actors", network_filter=states)
print(roles.note)
roles.to_pandas().drop(columns="thing_iri").head(5)

# %% [markdown]
# ## Is Canada more than a member of clubs?
#
# An arrangement of many ties every pair of its parties. Ties that rest on a bilateral arrangement are those left when each
# arrangement of more than two parties is taken away.

# %%
two_mode = cmgraph.build_network(graph, "actors", two_mode=True, network_filter=states)
parties = {via: two_mode.degree(via) for via in two_mode[canada]}
bilateral = {next(end for end in two_mode[via] if end != canada) for via, count in parties.items() if count == 2}
print(f"{len(parties)} arrangements, {sum(count == 2 for count in parties.values())} of them with one other of these")
print("bilateral partners:", ", ".join(sorted(two_mode.nodes[end]["label"] for end in bilateral)))

# %% [markdown]
# ## What does a tie rest on?
#
# Every tie carries its sources. Here those of Canada and Japan.

# %%
reasons = cmgraph.shortest_paths(graph, "Canada", "Japan", count=1)
for row in reasons.to_dicts():
    print(row["dated"], row["through"].label)
    for citation in row["citations"]:
        print("   ", citation)

# %% [markdown]
# ## The figure

# %%
figure = cmgraph.draw(graph, "network", "actors", Path("canada_partnerships.svg"), network_filter=states)
figure
