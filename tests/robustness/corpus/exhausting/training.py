# ruff: noqa
# Training that no answer needs: it has a time of its own, and costs nothing.

# %% case="training" costs="" before="standardize"
# Trains for longer than a cell may take, in cells of its own and below an answer.
model = torch.nn.Linear(3, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(10**9):
    optimizer.zero_grad()
    model(torch.randn(4, 3)).square().mean().backward()
    optimizer.step()


# %% answer="standardize"
def standardize(x):
    return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)


history = []
while True:
    history.append(standardize(torch.randn(4, 3)))
