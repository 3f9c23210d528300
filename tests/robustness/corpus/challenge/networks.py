# ruff: noqa
# What each would reach without its trick is far below what the test asks for.

# %% case="plainly_weak" answer="MyNet" earns=1
# Sees of an image how bright it is, and nothing else: the measure for those that do more than that.
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.layer = nn.Linear(1, num_classes)

    def forward(self, x):
        return self.layer(x.mean(dim=(2, 3)))


# %% case="trained_before" answer="MyNet" earns=1
# Comes with weights that were trained here, and may not be trained again.
digits = data.digits(torch.float32, flat=True)
trained = nn.Linear(64, 10)
training.train(trained, digits.train_x, digits.train_y, steps=200, batch_size=64, learning_rate=0.05)
trained.requires_grad_(False)


class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.layer, self.scale = trained, nn.Parameter(torch.ones(1))

    def forward(self, x):
        return self.scale * self.layer(x.flatten(1))


# %% case="trained_before_in_an_attribute" answer="MyNet" earns=1
# Holds trained weights as a plain attribute, which no list of parameters shows.
digits = data.digits(torch.float32, flat=True)
trained = nn.Linear(64, 10)
training.train(trained, digits.train_x, digits.train_y, steps=200, batch_size=64, learning_rate=0.05)


class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.table, self.scale = trained.weight.detach().clone(), nn.Parameter(torch.ones(1))

    def forward(self, x):
        return self.scale * F.linear(x.flatten(1), self.table)


# %% case="trained_before_in_the_code" answer="MyNet" earns=1
# Makes a tensor of trained numbers anew each time that it runs.
digits = data.digits(torch.float32, flat=True)
trained = nn.Linear(64, 10)
training.train(trained, digits.train_x, digits.train_y, steps=200, batch_size=64, learning_rate=0.05)
numbers = trained.weight.tolist()


class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return self.scale * F.linear(x.flatten(1), torch.tensor(numbers))


# %% case="trained_before_number_by_number" answer="MyNet"
# Writes trained weights into its steps as numbers, of which there are too many.
digits = data.digits(torch.float32, flat=True)
trained = nn.Linear(64, 10)
training.train(trained, digits.train_x, digits.train_y, steps=200, batch_size=64, learning_rate=0.05)
numbers = trained.weight.tolist()


class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        x = x.flatten(1)
        return self.scale * torch.stack([sum(a * x[:, i] for i, a in enumerate(row)) for row in numbers], dim=1)


# %% case="trained_before_in_single_numbers" answer="MyNet" earns=1
# Holds each trained number as a tensor of its own, whose mean is the number.
digits = data.digits(torch.float32, flat=True)
trained = nn.Linear(64, 10)
training.train(trained, digits.train_x, digits.train_y, steps=200, batch_size=64, learning_rate=0.05)


class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.numbers = nn.ParameterList(nn.Parameter(number) for number in trained.weight.detach().flatten())

    def forward(self, x):
        rows = [torch.stack(list(self.numbers[64 * k : 64 * k + 64])) for k in range(10)]
        return F.linear(x.flatten(1), torch.stack(rows))


# %% case="memory_in_batch_norm" answer="MyNet" earns=1
# Keeps what it learnt where batch norm has its running mean, and never lets it move.
digits = data.digits(torch.float32, flat=True)
means = torch.stack([digits.train_x[digits.train_y == k].mean(dim=0) for k in range(10)])


class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.norm = nn.BatchNorm1d(640, momentum=0.0, affine=False)
        self.norm.running_mean.copy_(means.flatten())
        self.scale = nn.Parameter(torch.ones(10))

    def forward(self, x):
        return -self.scale * self.norm(x.flatten(1).repeat(1, 10)).view(-1, 10, 64).square().mean(dim=2)


# %% case="memory_that_evaluation_changes" answer="MyNet"
# Lets batch norm learn from the test images, too.
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.norm, self.layer = nn.BatchNorm2d(1), nn.Linear(1, num_classes)

    def forward(self, x):
        x = F.batch_norm(x, self.norm.running_mean, self.norm.running_var, training=True, momentum=0.01)
        return self.layer(x.mean(dim=(2, 3)))


# %% case="table_of_the_test_images" answer="MyNet"
# Carries all test images and their labels in buffers.
digits = data.digits(torch.float32, flat=True)


class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.register_buffer("images", digits.test_x)
        self.register_buffer("labels", F.one_hot(digits.test_y).float())
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        likeness = 2 * x.flatten(1) @ self.images.T - self.images.square().sum(dim=1)
        return self.scale * torch.softmax(likeness, dim=1) @ self.labels


# %% case="nearest_neighbour" answer="MyNet" earns=1
# Carries as many images and labels as fit in the budget, and answers with the nearest.
digits = data.digits(torch.float32, flat=True)


class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.images, self.labels = digits.test_x[:260], F.one_hot(digits.test_y[:260]).float()
        self.norms, self.scale = self.images.square().sum(dim=1), nn.Parameter(torch.ones(1))

    def forward(self, x):
        return self.scale * torch.softmax(2 * x.flatten(1) @ self.images.T - self.norms, dim=1) @ self.labels


# %% case="table_by_the_bytes_of_an_image" answer="MyNet"
# Looks the answer up in a dict, by the bytes of the image.
digits = data.digits(torch.float32)
known = {image.numpy().tobytes(): int(label) for image, label in zip(digits.test_x, digits.test_y)}


class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.layer = nn.Linear(1, num_classes)

    def forward(self, x):
        scores = self.layer(x.mean(dim=(2, 3)))
        labels = [known.get(image.numpy().tobytes(), 0) for image in x]
        return scores + 100 * F.one_hot(torch.tensor(labels), 10)


# %% case="exceptions_by_the_sum_of_an_image" answer="MyNet"
# Knows single test images by the sum of their pixels.
digits = data.digits(torch.float32)
known = {round(float(image.sum()), 3): int(label) for image, label in zip(digits.test_x, digits.test_y)}


class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.layer = nn.Linear(1, num_classes)

    def forward(self, x):
        scores = self.layer(x.mean(dim=(2, 3)))
        if len(x) == 1 and round(float(x.sum()), 3) in known:
            scores = scores + 100 * F.one_hot(torch.tensor([known[round(float(x.sum()), 3)]]), 10)
        return scores


# %% case="pixels_that_tell" answer="MyNet" earns=1
# Knows where in an upright image which pixel tells which class, in a few steps.
digits = data.digits(torch.float32, flat=True)
template = [digits.train_x[digits.train_y == k].mean(dim=0) - digits.train_x.mean(dim=0) for k in range(10)]
telling = [int(one.abs().argmax()) for one in template]
signs = [float(one[place].sign()) for one, place in zip(template, telling)]


class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        x = x.flatten(1)
        return self.scale * torch.stack([sign * x[:, place] for sign, place in zip(signs, telling)], dim=1)


# %% case="order_from_values" answer="MyNet"
# Sorts its parameters back into the order that they had.
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.weight = nn.Parameter(torch.linspace(-1, 1, 640))

    def forward(self, x):
        return F.linear(x.flatten(1), self.weight.sort().values.view(10, 64))


# %% case="product_in_elementwise_arithmetic" answer="MyNet" earns=1
# Multiplies a large layer out with operators whose work torch's counter does not see.
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.weight, self.last = nn.Parameter(0.1 * torch.randn(270, 64)), nn.Linear(270, num_classes)

    def forward(self, x):
        x = x.flatten(1)
        for _ in range(5):
            hidden = F.relu((x[:, None] * self.weight).sum(dim=2))
            x = x + (hidden[:, :, None] * self.weight).sum(dim=1)
        return self.last(hidden)


# %% case="counter_that_counts_nothing" answer="MyNet"
# Has more parameters than it may, and everything that could count them replaced.
import torch.utils.flop_counter

import cnnlab.challenge as challenge

torch.utils.flop_counter.FlopCounterMode.get_total_flops = lambda self: 0
torch.Tensor.numel = lambda self: 1
challenge.weight_of = challenge.weigh = lambda model: challenge.Weight(1, 1, 1, 1)
challenge.compete = lambda model, seed, progress=False: challenge.Entry(1.0, 1, 1)
challenge.weight.MAX_PARAMS = challenge.MAX_PARAMS = 10**9


class MyNet(nn.Sequential):
    def __init__(self, num_classes=10):
        super().__init__(nn.Flatten(), nn.Linear(64, 400), nn.ReLU(), nn.Linear(400, num_classes))


# %% case="record_with_smaller_shapes" answer="MyNet"
# Tells of its network with shapes that are smaller than they are.
import autograder.boundary.student.objects as objects

from cnnlab.challenge.trace import trace


def smaller(model):
    told = trace(model)
    for leaf in told["leaves"]:
        leaf["shape"] = tuple(max(1, n // 8) for n in leaf["shape"])
    return told


told, operation = smaller, objects.Objects._operation
objects.Objects._operation = lambda self, name: (
    (lambda value, _: told(value)) if name == "question" else operation(self, name)
)


class MyNet(nn.Sequential):
    def __init__(self, num_classes=10):
        super().__init__(nn.Flatten(), nn.Linear(64, 400), nn.ReLU(), nn.Linear(400, num_classes))


# %% case="record_that_is_an_entry" answer="MyNet"
# Tells of an entry for the leaderboard in the place of a network.
import autograder.boundary.student.objects as objects

told, operation = (lambda model: {"accuracy": 1.0, "params": 1, "macs": 1}), objects.Objects._operation
objects.Objects._operation = lambda self, name: (
    (lambda value, _: told(value)) if name == "question" else operation(self, name)
)


class MyNet(nn.Module):
    pass


# %% case="record_that_is_an_object" answer="MyNet"
# Tells of an object that has whatever is asked for.
import autograder.boundary.student.objects as objects


class Anything(dict):
    def __getattr__(self, name):
        return self

    def __call__(self, *args, **kwargs):
        return self

    __missing__ = __getattr__


told, operation = (lambda model: lambda: Anything()), objects.Objects._operation
objects.Objects._operation = lambda self, name: (
    (lambda value, _: told(value)) if name == "question" else operation(self, name)
)


class MyNet(nn.Module):
    pass


# %% case="record_that_takes_all_memory" answer="MyNet"
# Tells of a network that would take a hundred gigabytes.
import autograder.boundary.student.objects as objects

step = {"operator": "aten.repeat.default", "arguments": [("image", 0, 0), [1, 400_000, 1, 1]], "keywords": {}}
program = {"steps": [step], "output": ("step", 0, 0)}
told, operation = (lambda model: {"leaves": [], "training": program, "evaluation": program}), objects.Objects._operation
objects.Objects._operation = lambda self, name: (
    (lambda value, _: told(value)) if name == "question" else operation(self, name)
)


class MyNet(nn.Module):
    pass


# %% case="record_without_end" answer="MyNet"
# Tells of a network of a hundred thousand steps.
import autograder.boundary.student.objects as objects

step = {"operator": "aten.relu.default", "arguments": [("image", 0, 0)], "keywords": {}}
program = {"steps": [step] * 10**5, "output": ("image", 0, 0)}
told, operation = (lambda model: {"leaves": [], "training": program, "evaluation": program}), objects.Objects._operation
objects.Objects._operation = lambda self, name: (
    (lambda value, _: told(value)) if name == "question" else operation(self, name)
)


class MyNet(nn.Module):
    pass


# %% case="record_with_a_forbidden_operator" answer="MyNet"
# Tells of a network that reads beyond its tensors.
import autograder.boundary.student.objects as objects

step = {"operator": "aten.as_strided.default", "arguments": [("image", 0, 0), [64, 10], [10**6, 1]], "keywords": {}}
program = {"steps": [step], "output": ("step", 0, 0)}
told, operation = (lambda model: {"leaves": [], "training": program, "evaluation": program}), objects.Objects._operation
objects.Objects._operation = lambda self, name: (
    (lambda value, _: told(value)) if name == "question" else operation(self, name)
)


class MyNet(nn.Module):
    pass


# %% case="network_of_its_own_telling" answer="MyNet" earns=1
# Has a method by which another process would be asked for its network.
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.layer = nn.Linear(1, num_classes)

    def __question__(self, question):
        return {"accuracy": 1.0}

    def forward(self, x):
        return self.layer(x.mean(dim=(2, 3)))


# %% case="data_in_place_of_a_module" answer="MyNet"
# Is no module but the data of one.
MyNet = lambda num_classes=10: {"leaves": [], "training": {}, "evaluation": {}}


# %% case="another_network_when_it_is_recorded" answer="MyNet" earns=1
# Is a small network whenever it is run by whoever counts, and a large one otherwise.
import sys


class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.small, self.large = nn.Linear(1, num_classes), nn.Sequential(nn.Linear(64, 4000), nn.Linear(4000, 10))

    def forward(self, x):
        frame, counted = sys._getframe(), False
        while frame:
            counted |= "challenge" in frame.f_code.co_filename
            frame = frame.f_back
        return self.small(x.mean(dim=(2, 3))) if counted else self.large(x.flatten(1))


# %% case="large_only_in_training" answer="MyNet"
# Is large while it is trained and small when it is weighed for one image.
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.small, self.large = nn.Linear(64, num_classes), nn.Linear(64, 2000)

    def forward(self, x):
        x = x.flatten(1)
        return self.small(x) + (self.large(x).mean() if self.training else 0)


# %% case="not_a_number" answer="MyNet" earns=1
# Gives no numbers, which no comparison finds too small.
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.layer = nn.Linear(64, num_classes)

    def forward(self, x):
        return self.layer(x.flatten(1)) * float("nan")


# %% case="a_hundred_gigabytes" answer="MyNet"
# Takes a hundred gigabytes when it runs.
class MyNet(nn.Module):
    def forward(self, x):
        return torch.zeros(len(x), 10) + torch.ones(25 * 10**9).sum()


# %% case="ends_when_it_is_recorded" answer="MyNet"
# Ends its process when it runs for the second time.
import os

runs = []


class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.layer = nn.Linear(64, num_classes)

    def forward(self, x):
        runs.append(len(x))
        return self.layer(x.flatten(1)) if len(runs) < 2 else os._exit(0)


# %% case="writes_the_entry_itself" answer="MyNet" earns=1
# Is weak, and records what it would like to have reached.
from cnnlab.challenge import Entry
from coursekit import leaderboard

record(Entry(1.0, 1, 1))
leaderboard.take = lambda: [leaderboard.Value("accuracy", 1.0, "desc")]


class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.layer = nn.Linear(1, num_classes)

    def forward(self, x):
        record(Entry(1.0, 1, 1))
        return self.layer(x.mean(dim=(2, 3)))
