# Answers to the exercises of this topic: wrong ones that must lose points and be named, and right ones in another style
# that must not. Each cell replaces the exercise's cell.


# %% misconception="accuracy_for_error" exercise="topk_error" says="this is the accuracy"
def topk_error(scores, labels, k):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("no such k")
    named = scores.topk(k, dim=1).indices
    return (named == labels[:, None]).any(dim=1).double().mean().item()


# %% misconception="in_percent" exercise="topk_error" says="percent are not asked for"
def topk_error(scores, labels, k):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("no such k")
    named = scores.topk(k, dim=1).indices
    return 100 - 100 * (named == labels[:, None]).any(dim=1).double().mean().item()


# %% misconception="number_of_images" exercise="topk_error" says="divide by N"
def topk_error(scores, labels, k):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("no such k")
    named = scores.topk(k, dim=1).indices
    return float((~(named == labels[:, None]).any(dim=1)).sum())


# %% misconception="best_class_only" exercise="topk_error" says="only the best class was looked at"
def topk_error(scores, labels, k):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("no such k")
    return (scores.argmax(dim=1) != labels).double().mean().item()


# %% misconception="always_five" exercise="topk_error" says="always five were named"
def topk_error(scores, labels, k):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("no such k")
    named = scores.topk(min(5, scores.shape[1]), dim=1).indices
    return 1 - (named == labels[:, None]).any(dim=1).double().mean().item()


# %% misconception="lowest_scores" exercise="topk_error" says="the lowest scores were taken"
def topk_error(scores, labels, k):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("no such k")
    named = scores.argsort(dim=1)[:, :k]
    return 1 - (named == labels[:, None]).any(dim=1).double().mean().item()


# %% misconception="mean_over_all_places" exercise="topk_error" says="it was divided by N * k"
def topk_error(scores, labels, k):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("no such k")
    named = scores.topk(k, dim=1).indices
    return 1 - (named == labels[:, None]).double().mean().item()


# %% misconception="kth_class_alone" exercise="topk_error" says="the k-th class alone was compared"
def topk_error(scores, labels, k):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("no such k")
    named = scores.topk(k, dim=1).indices
    return (named[:, k - 1] != labels).double().mean().item()


# %% misconception="one_class_too_many" exercise="topk_error" says="one class too many is named"
def topk_error(scores, labels, k):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("no such k")
    rank = (scores > scores.gather(1, labels[:, None])).sum(dim=1)
    return (rank > k).double().mean().item()


# %% misconception="one_class_too_few" exercise="topk_error" says="one class too few is named"
def topk_error(scores, labels, k):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("no such k")
    named = scores.argsort(dim=1, descending=True)[:, : k - 1]
    return 1 - (named == labels[:, None]).any(dim=1).double().mean().item()


# %% misconception="k_is_not_checked" exercise="topk_error" says="should end in an error"
def topk_error(scores, labels, k):
    named = scores.argsort(dim=1, descending=True)[:, :k]
    return 1 - (named == labels[:, None]).any(dim=1).double().mean().item()


# %% misconception="error_of_each_image" exercise="topk_error" says="the result is one number for all images"
def topk_error(scores, labels, k):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("no such k")
    named = scores.topk(k, dim=1).indices
    return (~(named == labels[:, None]).any(dim=1)).double()


# %% misconception="sorts_in_place" exercise="topk_error" says="stay as they are" keeps=1
def topk_error(scores, labels, k):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("no such k")
    right = scores.gather(1, labels[:, None])
    rank = (scores > right).sum(dim=1)
    scores[:] = scores.sort(dim=1, descending=True).values
    return (rank >= k).double().mean().item()


# %% misconception="labels_next_to_each_other" exercise="topk_error" says="RuntimeError"
def topk_error(scores, labels, k):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("no such k")
    named = scores.topk(k, dim=1).indices
    return 1 - (named == labels).any(dim=1).double().mean().item()


# %% misconception="rounded" exercise="topk_error" says="top-"
def topk_error(scores, labels, k):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("no such k")
    named = scores.topk(k, dim=1).indices
    return round(1 - (named == labels[:, None]).any(dim=1).double().mean().item(), 2)


# %% misconception="absolute_scores" exercise="topk_error" says="The top-2 error of the worked example came out wrong: expected 0.333333, got 0.666667 (a difference of 0.333). Re-read"
def topk_error(scores, labels, k):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("k")
    named = scores.abs().topk(k, dim=1).indices
    return (named != labels[:, None]).all(dim=1).double().mean().item()


# %% variant="ranks" exercise="topk_error"
def topk_error(scores, labels, k):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("no such k")
    better = scores > scores.gather(1, labels.unsqueeze(1))
    return (better.sum(1) >= k).float().mean().item()


# %% variant="python_loop" exercise="topk_error"
def topk_error(scores, labels, k):
    n, classes = scores.shape
    if k < 1 or k > classes:
        raise ValueError(k)
    wrong = 0
    for row, label in zip(scores.tolist(), labels.tolist()):
        order = sorted(range(classes), key=lambda c: row[c], reverse=True)
        if label not in order[:k]:
            wrong += 1
    return wrong / n


# %% variant="numpy" exercise="topk_error"
import numpy as np


def topk_error(scores, labels, k):
    if not 0 < k <= scores.shape[1]:
        raise ValueError(f"k={k}")
    order = np.argsort(-scores.numpy(), axis=1)[:, :k]
    return float(np.mean(~np.any(order == labels.numpy()[:, None], axis=1)))


# %% variant="tensor_without_dimensions" exercise="topk_error"
def topk_error(scores, labels, k):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("no such k")
    _, named = torch.sort(scores, dim=1, descending=True)
    hit = torch.isin(torch.arange(len(labels)), (named[:, :k].T == labels).nonzero()[:, 1])
    return 1 - hit.double().mean()


# %% misconception="strict_in_both" exercise="pareto_front" says="strictly better in one of the two is enough"
def pareto_front(points):
    def beats(one, other):
        return one["accuracy"] > other["accuracy"] and one["cost"] < other["cost"]

    return [p["name"] for p in points if not any(beats(q, p) for q in points if q is not p)]


# %% misconception="equal_points_beat_each_other" exercise="pareto_front" says="equal points do not beat each other"
def pareto_front(points):
    def beats(one, other):
        return one["accuracy"] >= other["accuracy"] and one["cost"] <= other["cost"]

    return [p["name"] for p in points if not any(beats(q, p) for q in points if q is not p)]


# %% misconception="beaten_by_itself" exercise="pareto_front" says="does a point beat itself"
def pareto_front(points):
    return [
        p["name"] for p in points if not any(q["accuracy"] >= p["accuracy"] and q["cost"] <= p["cost"] for q in points)
    ]


# %% misconception="same_accuracy_does_not_beat" exercise="pareto_front" says="a point as accurate and cheaper beats"
def pareto_front(points):
    def beats(one, other):
        return one["accuracy"] > other["accuracy"] and one["cost"] <= other["cost"]

    return [p["name"] for p in points if not any(beats(q, p) for q in points if q is not p)]


# %% misconception="same_cost_does_not_beat" exercise="pareto_front" says="a point as cheap and more accurate beats"
def pareto_front(points):
    def beats(one, other):
        return one["accuracy"] >= other["accuracy"] and one["cost"] < other["cost"]

    return [p["name"] for p in points if not any(beats(q, p) for q in points if q is not p)]


# %% misconception="better_in_one_is_enough" exercise="pareto_front" says="is better in one respect taken to be enough"
def pareto_front(points):
    def beats(one, other):
        return one["accuracy"] > other["accuracy"] or one["cost"] < other["cost"]

    return [p["name"] for p in points if not any(beats(q, p) for q in points if q is not p)]


# %% misconception="more_cost_is_better" exercise="pareto_front" says="of cost, less is better"
def pareto_front(points):
    def beats(one, other):
        return (
            one["accuracy"] >= other["accuracy"]
            and one["cost"] >= other["cost"]
            and (one["accuracy"] > other["accuracy"] or one["cost"] > other["cost"])
        )

    return [p["name"] for p in points if not any(beats(q, p) for q in points if q is not p)]


# %% misconception="accuracy_taken_for_error" exercise="pareto_front" says="of accuracy, more is better"
def pareto_front(points):
    def beats(one, other):
        return (
            one["accuracy"] <= other["accuracy"]
            and one["cost"] <= other["cost"]
            and (one["accuracy"] < other["accuracy"] or one["cost"] < other["cost"])
        )

    return [p["name"] for p in points if not any(beats(q, p) for q in points if q is not p)]


# %% misconception="the_beaten_ones" exercise="pareto_front" says="these are the points that are beaten"
def pareto_front(points):
    def beats(one, other):
        as_good = one["accuracy"] >= other["accuracy"] and one["cost"] <= other["cost"]
        return as_good and (one["accuracy"] > other["accuracy"] or one["cost"] < other["cost"])

    return [p["name"] for p in points if any(beats(q, p) for q in points)]


# %% misconception="sorted_by_cost" exercise="pareto_front" says="not sorted"
def pareto_front(points):
    def beats(one, other):
        as_good = one["accuracy"] >= other["accuracy"] and one["cost"] <= other["cost"]
        return as_good and (one["accuracy"] > other["accuracy"] or one["cost"] < other["cost"])

    front = [p for p in points if not any(beats(q, p) for q in points)]
    return [p["name"] for p in sorted(front, key=lambda p: p["cost"])]


# %% misconception="sorted_by_name" exercise="pareto_front" says="not sorted"
def pareto_front(points):
    def beats(one, other):
        as_good = one["accuracy"] >= other["accuracy"] and one["cost"] <= other["cost"]
        return as_good and (one["accuracy"] > other["accuracy"] or one["cost"] < other["cost"])

    return sorted(p["name"] for p in points if not any(beats(q, p) for q in points))


# %% misconception="whole_points" exercise="pareto_front" says="it holds whole points"
def pareto_front(points):
    def beats(one, other):
        as_good = one["accuracy"] >= other["accuracy"] and one["cost"] <= other["cost"]
        return as_good and (one["accuracy"] > other["accuracy"] or one["cost"] < other["cost"])

    return [p for p in points if not any(beats(q, p) for q in points)]


# %% misconception="set_of_names" exercise="pareto_front" says="the result is a list of names"
def pareto_front(points):
    def beats(one, other):
        as_good = one["accuracy"] >= other["accuracy"] and one["cost"] <= other["cost"]
        return as_good and (one["accuracy"] > other["accuracy"] or one["cost"] < other["cost"])

    return {p["name"] for p in points if not any(beats(q, p) for q in points)}


# %% misconception="most_accurate_only" exercise="pareto_front" says="only the most accurate was kept"
def pareto_front(points):
    if not points:
        return []
    best = max(p["accuracy"] for p in points)
    return [p["name"] for p in points if p["accuracy"] == best]


# %% misconception="cheapest_only" exercise="pareto_front" says="only the cheapest was kept"
def pareto_front(points):
    if not points:
        return []
    return [min(points, key=lambda p: p["cost"])["name"]]


# %% misconception="compared_with_those_before" exercise="pareto_front" says="those before it only"
def pareto_front(points):
    front = []
    for index, p in enumerate(points):
        beaten = False
        for q in points[:index]:
            as_good = q["accuracy"] >= p["accuracy"] and q["cost"] <= p["cost"]
            if as_good and (q["accuracy"] > p["accuracy"] or q["cost"] < p["cost"]):
                beaten = True
        if not beaten:
            front.append(p["name"])
    return front


# %% misconception="compared_with_those_behind" exercise="pareto_front" says="those behind it only"
def pareto_front(points):
    front = []
    for index, p in enumerate(points):
        beaten = False
        for q in points[index + 1 :]:
            as_good = q["accuracy"] >= p["accuracy"] and q["cost"] <= p["cost"]
            if as_good and (q["accuracy"] > p["accuracy"] or q["cost"] < p["cost"]):
                beaten = True
        if not beaten:
            front.append(p["name"])
    return front


# %% misconception="sweep_keeps_the_same_accuracy_at_more_cost" exercise="pareto_front" says="a point as accurate and cheaper beats"
def pareto_front(points):
    best, kept = float("-inf"), []
    for p in sorted(points, key=lambda p: (p["cost"], -p["accuracy"])):
        if p["accuracy"] >= best:
            kept.append(p["name"])
            best = p["accuracy"]
    return [p["name"] for p in points if p["name"] in kept]


# %% misconception="sweep_drops_equal_points" exercise="pareto_front" says="equal points do not beat each other"
def pareto_front(points):
    best, kept = float("-inf"), []
    for p in sorted(points, key=lambda p: (p["cost"], -p["accuracy"])):
        if p["accuracy"] > best:
            kept.append(p["name"])
            best = p["accuracy"]
    return [p["name"] for p in points if p["name"] in kept]


# %% misconception="sorts_in_place" exercise="pareto_front" says="the list of points stays as it is"
def pareto_front(points):
    order = [p["name"] for p in points]
    points.sort(key=lambda p: (p["cost"], -p["accuracy"]))
    kept, best, price = [], float("-inf"), None
    for p in points:
        if p["accuracy"] > best or (p["accuracy"], p["cost"]) == (best, price):
            kept.append(p["name"])
            best, price = p["accuracy"], p["cost"]
    return [name for name in order if name in kept]


# %% misconception="ratio_of_accuracy_to_cost" exercise="pareto_front" says="The front of"
def pareto_front(points):
    best, kept = float("-inf"), []
    for p in points:
        if p["accuracy"] / p["cost"] >= best:
            best = p["accuracy"] / p["cost"]
    return [p["name"] for p in points if p["accuracy"] / p["cost"] >= best]


# %% misconception="convex_hull" exercise="pareto_front" says="a front that bends inwards"
def pareto_front(points):
    def beats(one, other):
        as_good = one["accuracy"] >= other["accuracy"] and one["cost"] <= other["cost"]
        return as_good and (one["accuracy"] > other["accuracy"] or one["cost"] < other["cost"])

    front = [p for p in points if not any(beats(q, p) for q in points)]

    def below_a_chord(p):
        for a in front:
            for b in front:
                if a["cost"] < p["cost"] < b["cost"]:
                    share = (p["cost"] - a["cost"]) / (b["cost"] - a["cost"])
                    if p["accuracy"] < a["accuracy"] + share * (b["accuracy"] - a["accuracy"]):
                        return True
        return False

    return [p["name"] for p in front if not below_a_chord(p)]


# %% misconception="no_return" exercise="pareto_front" says="the return is missing"
def pareto_front(points):
    front = []
    for p in points:
        if not any(
            q["accuracy"] >= p["accuracy"] and q["cost"] <= p["cost"] and q != p and q["name"] != p["name"]
            for q in points
        ):
            front.append(p["name"])


# %% misconception="about_as_accurate" exercise="pareto_front" says="close points" keeps=2
def pareto_front(points):
    def beats(one, other):
        as_good = one["accuracy"] >= other["accuracy"] - 0.05 and one["cost"] <= other["cost"]
        return as_good and (one["accuracy"] > other["accuracy"] or one["cost"] < other["cost"])

    return [p["name"] for p in points if not any(beats(q, p) for q in points)]


# %% misconception="two_decimals" exercise="pareto_front" says="close points" keeps=2
def pareto_front(points):
    rounded = [(round(p["accuracy"], 2), round(p["cost"], 2)) for p in points]

    def beaten(place):
        accuracy, cost = rounded[place]
        return any(a >= accuracy and c <= cost and (a, c) != (accuracy, cost) for a, c in rounded)

    return [p["name"] for place, p in enumerate(points) if not beaten(place)]


# %% misconception="marks_the_beaten" exercise="pareto_front" says="written to"
def pareto_front(points):
    for p in points:
        p["beaten"] = any(
            q["accuracy"] >= p["accuracy"]
            and q["cost"] <= p["cost"]
            and (q["accuracy"] > p["accuracy"] or q["cost"] < p["cost"])
            for q in points
        )
    return [p["name"] for p in points if not p["beaten"]]


# %% variant="sweep" exercise="pareto_front"
def pareto_front(points):
    best = {}
    for p in points:
        best[p["cost"]] = max(p["accuracy"], best.get(p["cost"], float("-inf")))
    kept, top = {}, float("-inf")
    for cost in sorted(best):
        if best[cost] > top:
            top = kept[cost] = best[cost]
    return [p["name"] for p in points if kept.get(p["cost"]) == p["accuracy"]]


# %% variant="torch" exercise="pareto_front"
def pareto_front(points):
    if not points:
        return []
    accuracy = torch.tensor([float(p["accuracy"]) for p in points], dtype=torch.float64)
    cost = torch.tensor([float(p["cost"]) for p in points], dtype=torch.float64)
    at_least = (accuracy[:, None] >= accuracy) & (cost[:, None] <= cost)
    better = (accuracy[:, None] > accuracy) | (cost[:, None] < cost)
    beaten = (at_least & better).any(dim=0)
    return [p["name"] for p, lost in zip(points, beaten.tolist()) if not lost]


# %% variant="helper_and_flags" exercise="pareto_front"
def dominates(a, b):
    if a["accuracy"] < b["accuracy"] or a["cost"] > b["cost"]:
        return False
    return (a["accuracy"], a["cost"]) != (b["accuracy"], b["cost"])


def pareto_front(points):
    names = []
    for candidate in points:
        beaten = False
        for rival in points:
            if dominates(rival, candidate):
                beaten = True
                break
        if not beaten:
            names.append(candidate["name"])
    return names


# %% variant="tuple_of_names" exercise="pareto_front"
def pareto_front(points):
    return tuple(
        p["name"]
        for p in points
        if all(
            q["accuracy"] < p["accuracy"]
            or q["cost"] > p["cost"]
            or (q["accuracy"] == p["accuracy"] and q["cost"] == p["cost"])
            for q in points
        )
    )


# %% misconception="bytes_of_a_parameter_forgotten" exercise="predict_memory" says="a parameter takes 4 bytes"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="float64" exercise="predict_memory" says="4 bytes, not 8"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 8 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="weights_for_each_image" exercise="predict_memory" says="weights do not depend on the batch"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * batch_size * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="no_gradients" exercise="predict_memory" says="training needs one for each weight"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="gradients_without_training" exercise="predict_memory" says="without training there are none"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="no_optimizer" exercise="predict_memory" says="momentum keeps one number per weight"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights if training else 0
    optimizer = 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="adam" exercise="predict_memory" says="two numbers per weight is Adam"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights if training else 0
    optimizer = 2 * weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="optimizer_without_training" exercise="predict_memory" says="without training there are none"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights if training else 0
    optimizer = weights
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="gradients_of_activations" exercise="predict_memory" says="gradients of activations are not counted"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights + activations if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="activations_doubled" exercise="predict_memory" says="only activations are counted"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = 2 * sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="kilobytes_of_1000" exercise="predict_memory" says="1 KiB is 1024 bytes"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1000 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="activations_in_kib" exercise="predict_memory" says="these are KiB"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="four_bytes_per_byte" exercise="predict_memory" says="KiB are bytes already"
def predict_memory(table, batch_size, training):
    outputs = [4 * row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="one_image" exercise="predict_memory" says="for each image of the batch"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="largest_layer" exercise="predict_memory" says="only the largest was counted"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = max(outputs)
    else:
        activations = max(outputs)
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="inference_keeps_all" exercise="predict_memory" says="an output may go when the next layer has read it"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = sum(outputs)
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="inference_keeps_the_largest" exercise="predict_memory" says="only the largest was counted"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(outputs)
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="training_as_inference" exercise="predict_memory" says="every activation is kept for the backward pass"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="two_largest" exercise="predict_memory" says="the two must be neighbours"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = sum(sorted(outputs)[-2:])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="last_two" exercise="predict_memory" says="the last two are not always the largest pair"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = sum(outputs[-2:])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="first_two" exercise="predict_memory" says="the first two are not always the largest pair"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = sum(outputs[:2])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="last_pair_left_out" exercise="predict_memory" says="the last pair was left out"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max([outputs[k] + outputs[k + 1] for k in range(len(outputs) - 2)], default=sum(outputs[:2]))
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="rows_without_parameters_left_out" exercise="predict_memory" says="rows without parameters have outputs, too"
def predict_memory(table, batch_size, training):
    weighty = [row for row in table if row["params"]]
    outputs = [row["kib"] * 1024 * batch_size for row in weighty]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=sum(outputs))
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="total_without_activations" exercise="predict_memory" says="all belong to it"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="total_with_weights_twice" exercise="predict_memory" says="something twice"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = 2 * weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="total_in_mib" exercise="predict_memory" says="bytes were asked for"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = (weights + gradients + optimizer + activations) / 2**20
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="a_single_layer_is_no_pair" exercise="predict_memory" says="Your code raised ValueError"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])))
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="training_not_heeded" exercise="predict_memory" says="without training"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if True:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights
    optimizer = weights
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="total_only" exercise="predict_memory" says="the result is a dict"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return total


# %% misconception="changes_the_table" exercise="predict_memory" says="the table stays as it is"
def predict_memory(table, batch_size, training):
    for row in table:
        row["bytes"] = row["kib"] * 1024 * batch_size
    outputs = [row["bytes"] for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    extra = weights if training else 0
    return {
        "weights": weights,
        "gradients": extra,
        "optimizer": extra,
        "activations": activations,
        "total": weights + 2 * extra + activations,
    }


# %% misconception="largest_and_the_next" exercise="predict_memory" says="need not hold the largest output"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        place = outputs.index(max(outputs))
        activations = sum(outputs[place : place + 2])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="largest_and_its_larger_neighbour" exercise="predict_memory" says="need not hold the largest output"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        place = outputs.index(max(outputs))
        padded = [0, *outputs, 0]
        activations = outputs[place] + max(padded[place], padded[place + 2])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="first_pair_left_out" exercise="predict_memory" says="the first pair was left out"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max([a + b for a, b in zip(outputs[1:], outputs[2:])] or [sum(outputs)])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="sorts_the_table" exercise="predict_memory" says="it was sorted"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    table.sort(key=lambda row: row["kib"])
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="last_and_first_are_neighbours" exercise="predict_memory" says="neighbours" keeps=2
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(outputs[k - 1] + outputs[k] for k in range(len(outputs)))
        activations = activations if len(outputs) > 1 else outputs[0]
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% variant="numpy" exercise="predict_memory"
def predict_memory(table, batch_size, training):
    import numpy as np

    kib = np.array([row["kib"] for row in table])
    weights = 4 * np.array([row["params"] for row in table]).sum()
    kept = kib.sum() if training else np.convolve(kib, [1, 1])[:-1].max()
    parts = dict(weights=weights, gradients=weights * training, optimizer=weights * training)
    parts["activations"] = kept * 1024 * batch_size
    return {**parts, "total": sum(parts.values())}


# %% variant="tensors" exercise="predict_memory"
def predict_memory(table, batch_size, training):
    outputs = 1024 * batch_size * torch.tensor([row["kib"] for row in table], dtype=torch.float64)
    weights = 4 * torch.tensor([row["params"] for row in table]).sum()
    kept = outputs.sum() if training else F.pad(outputs, (0, 1)).unfold(0, 2, 1).sum(1).max()
    more = weights * int(training)
    total = weights + 2 * more + kept
    return {"weights": weights, "gradients": more, "optimizer": more, "activations": kept, "total": total}


# %% variant="loop" exercise="predict_memory"
def predict_memory(table, batch_size, training):
    weights, kept, largest, before = 0, 0, 0, 0
    for row in table:
        size = row["kib"] * 1024 * batch_size
        weights += row["params"] * 4
        kept += size
        largest = max(largest, before + size)
        before = size
    result = {"weights": weights, "gradients": 0, "optimizer": 0, "activations": largest}
    if training:
        result.update(gradients=weights, optimizer=weights, activations=kept)
    result["total"] = sum(result.values())
    return result


# %% variant="torch_and_ints" exercise="predict_memory"
def predict_memory(table, batch_size, training):
    sizes = torch.tensor([row["kib"] for row in table], dtype=torch.float64) * 1024
    if training:
        per_image = sizes.sum()
    elif len(sizes) == 1:
        per_image = sizes[0]
    else:
        per_image = (sizes[:-1] + sizes[1:]).max()
    activations = int(per_image.item()) * batch_size
    weights = 4 * int(sum(row["params"] for row in table))
    times = 1 if training else 0
    return {
        "total": weights * (1 + 2 * times) + activations,
        "activations": activations,
        "optimizer": times * weights,
        "gradients": times * weights,
        "weights": weights,
    }


# %% variant="helpers" exercise="predict_memory"
from itertools import pairwise


def bytes_of(row):
    return 1024.0 * row["kib"]


def predict_memory(table, batch_size, training):
    weights = sum(4.0 * row["params"] for row in table)
    if training:
        per_image = sum(map(bytes_of, table))
    else:
        per_image = max([bytes_of(a) + bytes_of(b) for a, b in pairwise(table)] or [bytes_of(table[0])])
    parts = dict(weights=weights, gradients=weights * training, optimizer=weights * training)
    parts["activations"] = batch_size * per_image
    return dict(parts, total=sum(parts.values()))


# %% misconception="rounded_to_nearest" exercise="largest_batch" says="round down"
def largest_batch(table, budget, training):
    kib = [row["kib"] for row in table]
    weights = 4 * sum(row["params"] for row in table)
    per_image = int(1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0])))
    fixed = 3 * weights if training else weights
    return max(0, round((budget - fixed) / per_image))


# %% misconception="rounded_up" exercise="largest_batch" says="round down"
import math


def largest_batch(table, budget, training):
    kib = [row["kib"] for row in table]
    weights = 4 * sum(row["params"] for row in table)
    per_image = int(1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0])))
    fixed = 3 * weights if training else weights
    return max(0, math.ceil((budget - fixed) / per_image))


# %% misconception="below_the_budget" exercise="largest_batch" says="a total that equals the budget fits"
def largest_batch(table, budget, training):
    kib = [row["kib"] for row in table]
    weights = 4 * sum(row["params"] for row in table)
    per_image = int(1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0])))
    fixed = 3 * weights if training else weights
    return max(0, (budget - fixed - 1) // per_image)


# %% misconception="negative_batch" exercise="largest_batch" says="there is no negative batch"
def largest_batch(table, budget, training):
    kib = [row["kib"] for row in table]
    weights = 4 * sum(row["params"] for row in table)
    per_image = int(1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0])))
    fixed = 3 * weights if training else weights
    return (budget - fixed) // per_image


# %% misconception="cut_off_negative" exercise="largest_batch" says="there is no negative batch"
def largest_batch(table, budget, training):
    kib = [row["kib"] for row in table]
    weights = 4 * sum(row["params"] for row in table)
    per_image = int(1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0])))
    fixed = 3 * weights if training else weights
    return int((budget - fixed) / per_image)


# %% misconception="at_least_one" exercise="largest_batch" says="there is no negative batch"
def largest_batch(table, budget, training):
    kib = [row["kib"] for row in table]
    weights = 4 * sum(row["params"] for row in table)
    per_image = int(1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0])))
    fixed = 3 * weights if training else weights
    return max(1, (budget - fixed) // per_image)


# %% misconception="float_batch" exercise="largest_batch" says="it is a whole number"
def largest_batch(table, budget, training):
    kib = [row["kib"] for row in table]
    weights = 4 * sum(row["params"] for row in table)
    per_image = int(1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0])))
    fixed = 3 * weights if training else weights
    return max(0.0, (budget - fixed) / per_image // 1)


# %% misconception="fixed_price_forgotten" exercise="largest_batch" says="the fixed price comes first"
def largest_batch(table, budget, training):
    kib = [row["kib"] for row in table]
    weights = 4 * sum(row["params"] for row in table)
    per_image = int(1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0])))
    fixed = 3 * weights if training else weights
    return budget // per_image


# %% misconception="weights_only" exercise="largest_batch" says="the fixed price comes first"
def largest_batch(table, budget, training):
    kib = [row["kib"] for row in table]
    weights = 4 * sum(row["params"] for row in table)
    per_image = int(1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0])))
    fixed = 3 * weights if training else weights
    return max(0, (budget - weights) // per_image)


# %% misconception="fixed_price_for_each_image" exercise="largest_batch" says="the fixed price is paid once"
def largest_batch(table, budget, training):
    kib = [row["kib"] for row in table]
    weights = 4 * sum(row["params"] for row in table)
    per_image = int(1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0])))
    fixed = 3 * weights if training else weights
    return budget // (per_image + fixed)


# %% misconception="training_not_heeded" exercise="largest_batch" says="training is not heeded"
def bytes_needed(table, batch_size, training):
    kib = [row["kib"] for row in table]
    weights = 4 * sum(row["params"] for row in table)
    activations = batch_size * 1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0]))
    return {"activations": activations, "total": activations + (3 if training else 1) * weights}


def largest_batch(table, budget, training):
    one = bytes_needed(table, 1, True)
    fixed = one["total"] - one["activations"]
    return max(0, int((budget - fixed) // one["activations"]))


# %% misconception="power_of_two" exercise="largest_batch" says="it need not be a power of two"
def bytes_needed(table, batch_size, training):
    kib = [row["kib"] for row in table]
    weights = 4 * sum(row["params"] for row in table)
    activations = batch_size * 1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0]))
    return {"activations": activations, "total": activations + (3 if training else 1) * weights}


def largest_batch(table, budget, training):
    if bytes_needed(table, 1, training)["total"] > budget:
        return 0
    size = 1
    while bytes_needed(table, 2 * size, training)["total"] <= budget:
        size *= 2
    return size


# %% misconception="one_step_too_far" exercise="largest_batch" says="round down"
def bytes_needed(table, batch_size, training):
    kib = [row["kib"] for row in table]
    weights = 4 * sum(row["params"] for row in table)
    activations = batch_size * 1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0]))
    return {"activations": activations, "total": activations + (3 if training else 1) * weights}


def largest_batch(table, budget, training):
    size = 1
    while bytes_needed(table, size, training)["total"] <= budget:
        size += 1
    return size


# %% misconception="first_image_in_the_fixed_price" exercise="largest_batch" says="the fixed price holds no activations"
def largest_batch(table, budget, training):
    one = predict_memory(table, 1, training)
    return max(0, int((budget - one["total"]) // one["activations"]))


# %% misconception="multiple_of_32" exercise="largest_batch" says="or a multiple of 8 or 32"
def largest_batch(table, budget, training):
    one = predict_memory(table, 1, training)
    batch = max(0, int((budget - one["total"] + one["activations"]) // one["activations"]))
    return batch // 32 * 32


# %% misconception="empties_the_table" exercise="largest_batch" says="the table stays as it is"
def largest_batch(table, budget, training):
    fixed, kib = 0, []
    while table:
        row = table.pop(0)
        fixed += 4 * row["params"] * (3 if training else 1)
        kib.append(row["kib"])
    per_image = int(1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0])))
    return max(0, (budget - fixed) // per_image)


# %% variant="counting_up" exercise="largest_batch"
def bytes_needed(table, batch_size, training):
    kib = [row["kib"] for row in table]
    weights = 4 * sum(row["params"] for row in table)
    activations = batch_size * 1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0]))
    return {"activations": activations, "total": activations + (3 if training else 1) * weights}


def largest_batch(table, budget, training):
    size = 0
    while bytes_needed(table, size + 1, training)["total"] <= budget:
        size += 1
    return size


# %% variant="two_calls" exercise="largest_batch"
def bytes_needed(table, batch_size, training):
    kib = [row["kib"] for row in table]
    weights = 4 * sum(row["params"] for row in table)
    activations = batch_size * 1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0]))
    return {"activations": activations, "total": activations + (3 if training else 1) * weights}


def largest_batch(table, budget, training):
    one, two = (bytes_needed(table, n, training)["total"] for n in (1, 2))
    slope = two - one
    if one > budget:
        return 0
    return 1 + int((budget - one) // slope)


# %% variant="bisection" exercise="largest_batch"
def bytes_needed(table, batch_size, training):
    kib = [row["kib"] for row in table]
    weights = 4 * sum(row["params"] for row in table)
    activations = batch_size * 1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0]))
    return {"activations": activations, "total": activations + (3 if training else 1) * weights}


def largest_batch(table, budget, training):
    def fits(n):
        return bytes_needed(table, n, training)["total"] <= budget

    low, high = 0, 1
    while fits(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


# %% variant="by_itself" exercise="largest_batch"
def largest_batch(table, budget, training):
    kib = [row["kib"] for row in table]
    weights = 4 * sum(row["params"] for row in table)
    per_image = int(1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0])))
    fixed = 3 * weights if training else weights
    return max(0, (budget - fixed) // per_image)


# %% variant="torch_integers" exercise="largest_batch"
def largest_batch(table, budget, training):
    kib = torch.tensor([row["kib"] for row in table], dtype=torch.float64)
    weights = 4 * torch.tensor([row["params"] for row in table]).sum()
    per_image = kib.sum() if training or len(kib) == 1 else (kib[1:] + kib[:-1]).max()
    left = budget - (3 if training else 1) * weights
    return (left // (1024 * per_image).long()).clamp(min=0)


# %% misconception="macs_for_flop" exercise="arithmetic_intensity" says="a multiply-add is two"
def arithmetic_intensity(row, batch_size):
    flop = batch_size * row["macs"]
    numbers = row["params"] + batch_size * (row["inputs"] + row["outputs"])
    return flop / (4 * numbers)


# %% misconception="numbers_for_bytes" exercise="arithmetic_intensity" says="a number takes 4 bytes"
def arithmetic_intensity(row, batch_size):
    flop = 2 * batch_size * row["macs"]
    numbers = row["params"] + batch_size * (row["inputs"] + row["outputs"])
    return flop / numbers


# %% misconception="bits_for_bytes" exercise="arithmetic_intensity" says="these are bits"
def arithmetic_intensity(row, batch_size):
    flop = 2 * batch_size * row["macs"]
    numbers = row["params"] + batch_size * (row["inputs"] + row["outputs"])
    return flop / (32 * numbers)


# %% misconception="upside_down" exercise="arithmetic_intensity" says="it is FLOP per byte"
def arithmetic_intensity(row, batch_size):
    flop = 2 * batch_size * row["macs"]
    numbers = row["params"] + batch_size * (row["inputs"] + row["outputs"])
    return 4 * numbers / flop if flop else 0.0


# %% misconception="parameters_for_each_image" exercise="arithmetic_intensity" says="parameters are loaded once"
def arithmetic_intensity(row, batch_size):
    flop = 2 * batch_size * row["macs"]
    numbers = batch_size * (row["params"] + row["inputs"] + row["outputs"])
    return flop / (4 * numbers)


# %% misconception="operations_of_one_image" exercise="arithmetic_intensity" says="operations are done for each image"
def arithmetic_intensity(row, batch_size):
    flop = 2 * row["macs"]
    numbers = row["params"] + batch_size * (row["inputs"] + row["outputs"])
    return flop / (4 * numbers)


# %% misconception="activations_of_one_image" exercise="arithmetic_intensity" says="inputs and outputs are moved for each image"
def arithmetic_intensity(row, batch_size):
    flop = 2 * batch_size * row["macs"]
    numbers = row["params"] + row["inputs"] + row["outputs"]
    return flop / (4 * numbers)


# %% misconception="outputs_forgotten" exercise="arithmetic_intensity" says="outputs are moved, too"
def arithmetic_intensity(row, batch_size):
    flop = 2 * batch_size * row["macs"]
    numbers = row["params"] + batch_size * row["inputs"]
    return flop / (4 * numbers)


# %% misconception="inputs_forgotten" exercise="arithmetic_intensity" says="inputs are moved, too"
def arithmetic_intensity(row, batch_size):
    flop = 2 * batch_size * row["macs"]
    numbers = row["params"] + batch_size * row["outputs"]
    return flop / (4 * numbers)


# %% misconception="parameters_forgotten" exercise="arithmetic_intensity" says="parameters are moved, too"
def arithmetic_intensity(row, batch_size):
    flop = 2 * batch_size * row["macs"]
    numbers = batch_size * (row["inputs"] + row["outputs"])
    return flop / (4 * numbers)


# %% misconception="parameters_only" exercise="arithmetic_intensity" says="inputs and outputs are moved, too"
def arithmetic_intensity(row, batch_size):
    flop = 2 * batch_size * row["macs"]
    numbers = row["params"]
    return flop / (4 * numbers) if numbers else 0.0


# %% misconception="batch_not_heeded" exercise="arithmetic_intensity" says="batch_size is not heeded at all"
def arithmetic_intensity(row, batch_size):
    flop = 2 * row["macs"]
    numbers = row["params"] + row["inputs"] + row["outputs"]
    return flop / (4 * numbers)


# %% misconception="whole_numbers" exercise="arithmetic_intensity" says="The intensity of"
def arithmetic_intensity(row, batch_size):
    flop = 2 * batch_size * row["macs"]
    numbers = row["params"] + batch_size * (row["inputs"] + row["outputs"])
    return flop // (4 * numbers)


# %% variant="half_of_the_quotient" exercise="arithmetic_intensity"
def arithmetic_intensity(row, batch_size):
    per_image = row["inputs"] + row["outputs"] + row["params"] / batch_size
    return row["macs"] / per_image / 2


# %% variant="keywords" exercise="arithmetic_intensity"
def arithmetic_intensity(row, batch_size):
    def flop(*, macs, **_):
        return 2 * macs * batch_size

    def moved(*, params, inputs, outputs, **_):
        return 4 * params + 4 * batch_size * inputs + 4 * batch_size * outputs

    return flop(**row) / moved(**row)


# %% variant="torch" exercise="arithmetic_intensity"
def arithmetic_intensity(row, batch_size):
    count = torch.tensor([row[key] for key in ("params", "inputs", "outputs")], dtype=torch.float64)
    moved = 4 * (count * torch.tensor([1.0, batch_size, batch_size], dtype=torch.float64)).sum()
    return (2.0 * batch_size * row["macs"] / moved).item()


# %% misconception="shorter_time" exercise="roofline_seconds" says="the longer one counts, not the shorter"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    seconds = 0.0
    for row in rows:
        operations = 2 * batch_size * row["macs"]
        moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
        seconds += min(operations / flops, moved / bandwidth)
    return seconds


# %% misconception="sum_of_both" exercise="roofline_seconds" says="they do not add up"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    seconds = 0.0
    for row in rows:
        operations = 2 * batch_size * row["macs"]
        moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
        seconds += operations / flops + moved / bandwidth
    return seconds


# %% misconception="maximum_of_the_sums" exercise="roofline_seconds" says="the maximum was taken after the sums"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    compute = memory = 0.0
    for row in rows:
        operations = 2 * batch_size * row["macs"]
        moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
        compute, memory = compute + operations / flops, memory + moved / bandwidth
    return max(compute, memory)


# %% misconception="operations_only" exercise="roofline_seconds" says="only operations were counted"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    seconds = 0.0
    for row in rows:
        operations = 2 * batch_size * row["macs"]
        moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
        seconds += operations / flops
    return seconds


# %% misconception="bytes_only" exercise="roofline_seconds" says="only bytes were counted"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    seconds = 0.0
    for row in rows:
        operations = 2 * batch_size * row["macs"]
        moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
        seconds += moved / bandwidth
    return seconds


# %% misconception="layers_without_macs_are_free" exercise="roofline_seconds" says="layers without multiply-adds take time"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    seconds = 0.0
    for row in rows:
        operations = 2 * batch_size * row["macs"]
        moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
        seconds += max(operations / flops, moved / bandwidth) if row["macs"] else 0.0
    return seconds


# %% misconception="macs_for_flop" exercise="roofline_seconds" says="a multiply-add is two"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    seconds = 0.0
    for row in rows:
        operations = batch_size * row["macs"]
        moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
        seconds += max(operations / flops, moved / bandwidth)
    return seconds


# %% misconception="numbers_for_bytes" exercise="roofline_seconds" says="a number takes 4 bytes"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    seconds = 0.0
    for row in rows:
        operations = 2 * batch_size * row["macs"]
        moved = row["params"] + batch_size * (row["inputs"] + row["outputs"])
        seconds += max(operations / flops, moved / bandwidth)
    return seconds


# %% misconception="parameters_for_each_image" exercise="roofline_seconds" says="parameters are loaded once"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    seconds = 0.0
    for row in rows:
        operations = 2 * batch_size * row["macs"]
        moved = 4 * batch_size * (row["params"] + row["inputs"] + row["outputs"])
        seconds += max(operations / flops, moved / bandwidth)
    return seconds


# %% misconception="operations_of_one_image" exercise="roofline_seconds" says="operations are done for each image"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    seconds = 0.0
    for row in rows:
        operations = 2 * row["macs"]
        moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
        seconds += max(operations / flops, moved / bandwidth)
    return seconds


# %% misconception="batch_not_heeded" exercise="roofline_seconds" says="batch_size is not heeded"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    seconds = 0.0
    for row in rows:
        operations = 2 * row["macs"]
        moved = 4 * (row["params"] + row["inputs"] + row["outputs"])
        seconds += max(operations / flops, moved / bandwidth)
    return seconds


# %% misconception="per_image" exercise="roofline_seconds" says="not for one image"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    seconds = 0.0
    for row in rows:
        operations = 2 * batch_size * row["macs"]
        moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
        seconds += max(operations / flops, moved / bandwidth)
    return seconds / batch_size


# %% misconception="outputs_forgotten" exercise="roofline_seconds" says="outputs are moved, too"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    seconds = 0.0
    for row in rows:
        operations = 2 * batch_size * row["macs"]
        moved = 4 * (row["params"] + batch_size * row["inputs"])
        seconds += max(operations / flops, moved / bandwidth)
    return seconds


# %% misconception="slowest_layer" exercise="roofline_seconds" says="only the slowest layer"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    seconds = 0.0
    for row in rows:
        operations = 2 * batch_size * row["macs"]
        moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
        seconds = max(seconds, operations / flops, moved / bandwidth)
    return seconds


# %% misconception="milliseconds" exercise="roofline_seconds" says="not milliseconds"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    seconds = 0.0
    for row in rows:
        operations = 2 * batch_size * row["macs"]
        moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
        seconds += max(operations / flops, moved / bandwidth)
    return 1000 * seconds


# %% misconception="ridge_upside_down" exercise="roofline_seconds" says="the longer one counts, not the shorter"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    seconds = 0.0
    for row in rows:
        operations = 2 * batch_size * row["macs"]
        moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
        seconds += operations / flops if operations / moved < flops / bandwidth else moved / bandwidth
    return seconds


# %% misconception="returns_in_the_loop" exercise="roofline_seconds" says="the return stands inside the loop"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    seconds = 0.0
    for row in rows:
        operations = 2 * batch_size * row["macs"]
        moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
        seconds += max(operations / flops, moved / bandwidth)
        return seconds
    return seconds


# %% misconception="last_layer" exercise="roofline_seconds" says="only the last layer was counted"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    seconds = 0.0
    for row in rows:
        operations = 2 * batch_size * row["macs"]
        moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
        seconds = max(operations / flops, moved / bandwidth)
    return seconds


# %% misconception="mean_over_the_layers" exercise="roofline_seconds" says="the mean over them was returned"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    seconds = 0.0
    for row in rows:
        operations = 2 * batch_size * row["macs"]
        moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
        seconds += max(operations / flops, moved / bandwidth)
    return seconds / max(1, len(rows))


# %% variant="generator" exercise="roofline_seconds"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    return float(
        sum(
            max(
                2 * batch_size * r["macs"] / flops,
                4 * (r["params"] + batch_size * r["inputs"] + batch_size * r["outputs"]) / bandwidth,
            )
            for r in rows
        )
    )


# %% variant="by_the_intensity" exercise="roofline_seconds"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    total = 0.0
    for row in rows:
        moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
        if 2 * batch_size * row["macs"] / moved > flops / bandwidth:
            total += 2 * batch_size * row["macs"] / flops
        else:
            total += moved / bandwidth
    return total


# %% variant="torch" exercise="roofline_seconds"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    table = torch.tensor(
        [[r["macs"], r["params"], r["inputs"] + r["outputs"]] for r in rows], dtype=torch.float64
    ).reshape(-1, 3)
    compute = table[:, 0] * 2 * batch_size / flops
    memory = (table[:, 1] + table[:, 2] * batch_size) * 4 / bandwidth
    return torch.maximum(compute, memory).sum().item()


# %% misconception="capped_at_five" exercise="topk_error" says="always five were named"
def topk_error(scores, labels, k):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("no such k")
    k = min(k, 5)
    named = scores.topk(k, dim=1).indices
    return 1 - (named == labels[:, None]).any(dim=1).double().mean().item()


# %% misconception="starts_from_an_accuracy_of_zero" exercise="pareto_front" says="an accuracy of 0" keeps=2
def pareto_front(points):
    best, price, kept = 0, None, []
    for p in sorted(points, key=lambda p: (p["cost"], -p["accuracy"])):
        if p["accuracy"] > best or (p["accuracy"], p["cost"]) == (best, price):
            kept.append(p["name"])
            best, price = p["accuracy"], p["cost"]
    return [p["name"] for p in points if p["name"] in kept]


# %% misconception="whole_costs" exercise="pareto_front" says="with values up to" keeps=2
def pareto_front(points):
    def beats(one, other):
        return (
            one["accuracy"] >= other["accuracy"]
            and int(one["cost"]) <= int(other["cost"])
            and (one["accuracy"] > other["accuracy"] or int(one["cost"]) < int(other["cost"]))
        )

    return [p["name"] for p in points if not any(beats(q, p) for q in points if q is not p)]


# %% misconception="removes_while_it_walks" exercise="pareto_front" says="The front of"
def pareto_front(points):
    front = list(points)
    for p in front:
        for q in points:
            as_good = q["accuracy"] >= p["accuracy"] and q["cost"] <= p["cost"]
            if as_good and (q["accuracy"] > p["accuracy"] or q["cost"] < p["cost"]):
                front.remove(p)
                break
    return [p["name"] for p in front]


# %% misconception="every_second_pair" exercise="predict_memory" says="The activations"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max([outputs[k] + outputs[k + 1] for k in range(0, len(outputs) - 1, 2)], default=outputs[0])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="equal_layers_counted_once" exercise="predict_memory" says="The weights"
def predict_memory(table, batch_size, training):
    outputs = [row["kib"] * 1024 * batch_size for row in table]
    weights = 4 * sum({row["params"] for row in table})
    if training:
        activations = sum(set(outputs))
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="whole_kib" exercise="predict_memory" says="The activations" keeps=2
def predict_memory(table, batch_size, training):
    outputs = [int(row["kib"]) * 1024 * batch_size for row in table]
    weights = 4 * sum(row["params"] for row in table)
    if training:
        activations = sum(outputs)
    else:
        activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
    gradients = weights if training else 0
    optimizer = weights if training else 0
    total = weights + gradients + optimizer + activations
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": optimizer,
        "activations": activations,
        "total": total,
    }


# %% misconception="at_most_1024" exercise="largest_batch" says="two tiny layers" keeps=1
def largest_batch(table, budget, training):
    kib = [row["kib"] for row in table]
    weights = 4 * sum(row["params"] for row in table)
    per_image = int(1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0])))
    fixed = 3 * weights if training else weights
    return min(1024, max(0, (budget - fixed) // per_image))


# %% misconception="batch_for_outputs_only" exercise="arithmetic_intensity" says="The intensity"
def arithmetic_intensity(row, batch_size):
    flop = 2 * batch_size * row["macs"]
    numbers = row["params"] + row["inputs"] + batch_size * row["outputs"]
    return flop / (4 * numbers)


# %% misconception="limits_swapped" exercise="roofline_seconds" says="The seconds"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    seconds = 0.0
    for row in rows:
        operations = 2 * batch_size * row["macs"]
        moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
        seconds += max(operations / bandwidth, moved / flops)
    return seconds


# %% misconception="large_matrix" exercise="MyNet" says="at most 20,000 parameters"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv = nn.Conv2d(1, 16, 3, padding=1)
        self.hidden = nn.Linear(16 * 64, 32)
        self.head = nn.Linear(32, num_classes)

    def forward(self, x):
        x = self.conv(x).relu().flatten(1)
        return self.head(self.hidden(x).relu())


# %% misconception="wide_convolutions" exercise="MyNet" says="at most 20,000 parameters"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.one = nn.Conv2d(1, 32, 3, padding=1)
        self.two = nn.Conv2d(32, 64, 3, padding=1)
        self.three = nn.Conv2d(64, 64, 3, padding=1)
        self.head = nn.Linear(64, num_classes)

    def forward(self, x):
        x = self.one(x).relu()
        x = F.max_pool2d(self.two(x).relu(), 2)
        return self.head(self.three(x).relu().mean(dim=(2, 3)))


# %% misconception="all_on_large_maps" exercise="MyNet" says="at most 1,000,000 multiply-adds"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.stem = nn.Conv2d(1, 24, 3, padding=1)
        self.convs = nn.ModuleList(nn.Conv2d(24, 24, 3, padding=1) for _ in range(3))
        self.head = nn.Linear(24, num_classes)

    def forward(self, x):
        x = self.stem(x).relu()
        for conv in self.convs:
            x = conv(x).relu()
        return self.head(x.mean(dim=(2, 3)))


# %% misconception="upsampled_image" exercise="MyNet" says="at most 1,000,000 multiply-adds"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.one = nn.Conv2d(1, 16, 3, padding=1)
        self.two = nn.Conv2d(16, 16, 3, padding=1)
        self.head = nn.Linear(16, num_classes)

    def forward(self, x):
        x = F.interpolate(x, scale_factor=4)
        x = self.two(self.one(x).relu()).relu()
        return self.head(x.mean(dim=(2, 3)))


# %% misconception="one_convolution_many_times" exercise="MyNet" says="at most 1,000,000 multiply-adds"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.stem = nn.Conv2d(1, 32, 3, padding=1)
        self.conv = nn.Conv2d(32, 32, 3, padding=1)
        self.head = nn.Linear(32, num_classes)

    def forward(self, x):
        x = self.stem(x).relu()
        for _ in range(6):
            x = self.conv(x).relu()
        return self.head(x.mean(dim=(2, 3)))


# %% misconception="maps_left" exercise="MyNet" says="the maps of 1 x 1 are still there"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.head = nn.Conv2d(8, num_classes, 1)

    def forward(self, x):
        return F.adaptive_avg_pool2d(self.head(self.conv(x).relu()), 1)


# %% misconception="ten_whatever_is_asked" exercise="MyNet" says="num_classes is not heeded"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.head = nn.Linear(8, 10)

    def forward(self, x):
        return self.head(self.conv(x).relu().mean(dim=(2, 3)))


# %% misconception="softmax_at_the_end" exercise="MyNet" says="softmax belongs to the loss"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.head = nn.Linear(8, num_classes)

    def forward(self, x):
        return self.head(self.conv(x).relu().mean(dim=(2, 3))).softmax(dim=1)


# %% misconception="plain_list" exercise="MyNet" says="the network has parameters"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.layers = [nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, num_classes)]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


# %% misconception="squeezed" exercise="MyNet" says="squeeze() drops the axis of the images, too"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.head = nn.Linear(8, num_classes)

    def forward(self, x):
        return self.head(F.adaptive_avg_pool2d(self.conv(x).relu(), 1).squeeze())


# %% misconception="no_return" exercise="MyNet" says="a tensor"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.head = nn.Linear(8, num_classes)

    def forward(self, x):
        self.head(self.conv(x).relu().mean(dim=(2, 3)))


# %% misconception="no_super" exercise="MyNet" says="cannot assign module before"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.head = nn.Linear(8, num_classes)

    def forward(self, x):
        return self.head(self.conv(x).relu().mean(dim=(2, 3)))


# %% misconception="made_for_28_pixels" exercise="MyNet" says="RuntimeError"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.head = nn.Linear(4 * 14 * 14, num_classes)

    def forward(self, x):
        return self.head(F.max_pool2d(self.conv(x).relu(), 2).flatten(1))


# %% misconception="best_class" exercise="MyNet" says="The scores of"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.head = nn.Linear(8, num_classes)

    def forward(self, x):
        return self.head(self.conv(x).relu().mean(dim=(2, 3))).argmax(dim=1)


# %% misconception="dropout_in_evaluation" exercise="MyNet" says="training=self.training"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.head = nn.Linear(8, num_classes)

    def forward(self, x):
        x = self.conv(x).relu().mean(dim=(2, 3))
        return self.head(F.dropout(x, 0.5))


# %% misconception="first_image_for_all" exercise="MyNet" says="an image has the same scores by itself"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        layers, channels = [], 1
        for place, width in enumerate((16, 24, 24, 32)):
            layers += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            channels = width
            if place == 1:
                layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(channels, num_classes)

    def forward(self, x):
        return self.head(self.features(x[:1]).mean(dim=(2, 3))).expand(len(x), -1)


# %% misconception="mean_over_the_images" exercise="MyNet" says="an image has the same scores by itself"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.head = nn.Linear(8, num_classes)

    def forward(self, x):
        x = self.conv(x).relu().mean(dim=(2, 3))
        return self.head(x - x.mean(dim=0))


# %% misconception="depends_on_values" exercise="MyNet" says="an if on a tensor"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.head = nn.Linear(8, num_classes)

    def forward(self, x):
        if x.mean() > 0.5:
            x = 1 - x
        return self.head(self.conv(x).relu().mean(dim=(2, 3)))


# %% misconception="linear" exercise="MyNet" says="it reaches" keeps=4
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.head = nn.Linear(64, num_classes)

    def forward(self, x):
        return self.head(x.flatten(1))


# %% misconception="some_layers_in_a_list" exercise="MyNet" says="are not in parameters()" keeps=2
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.blocks = [nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)]
        self.head = nn.Linear(8, num_classes)

    def forward(self, x):
        for block in self.blocks:
            x = block(x).relu()
        return self.head(x.mean(dim=(2, 3)))


# %% misconception="tiny" exercise="MyNet" says="it reaches" keeps=2
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, stride=2, padding=1)
        self.head = nn.Linear(2, num_classes)

    def forward(self, x):
        return self.head(self.conv(x).relu().mean(dim=(2, 3)))


# %% misconception="relu_behind_the_head" exercise="MyNet" says="is there a ReLU behind the last layer" keeps=2
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.head = nn.Linear(8, num_classes)

    def forward(self, x):
        return self.head(self.conv(x).relu().mean(dim=(2, 3))).relu()


# %% misconception="features_detached" exercise="MyNet" says="detach() lets no gradient through" keeps=2
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.head = nn.Linear(8, num_classes)

    def forward(self, x):
        return self.head(self.conv(x).relu().detach().mean(dim=(2, 3)))


# %% variant="functional" exercise="MyNet"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        sizes = [(20, 1, 3, 3), (24, 20, 3, 3), (32, 24, 3, 3)]
        self.kernels = nn.ParameterList(nn.Parameter(torch.randn(s) * (2 / (9 * s[1])) ** 0.5) for s in sizes)
        self.norms = nn.ModuleList(nn.BatchNorm2d(s[0]) for s in sizes)
        self.weight = nn.Parameter(0.1 * torch.randn(num_classes, 32))
        self.bias = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        for place, (kernel, norm) in enumerate(zip(self.kernels, self.norms)):
            x = F.relu(norm(F.conv2d(x, kernel, padding=1)))
            if place == 1:
                x = F.max_pool2d(x, kernel_size=2)
        return torch.einsum("nchw,kc->nk", x, self.weight) / 16 + self.bias


# %% variant="residual" exercise="MyNet"
class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.path = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x):
        return torch.relu(x + self.path(x))


class MyNet(nn.Module):
    def __init__(self, num_classes=10, width=20):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(inplace=True))
        self.one, self.two = Residual(width), Residual(width)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1), nn.Linear(width, num_classes))

    def forward(self, x):
        x = F.max_pool2d(self.one(self.stem(x)), 2)
        return self.head(self.two(x))


# %% variant="lazy_layers" exercise="MyNet"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()

        def block(outputs):
            return nn.Sequential(nn.LazyConv2d(outputs, 3, padding=1), nn.LazyBatchNorm2d(), nn.ReLU())

        self.net = nn.Sequential(block(16), block(24), nn.MaxPool2d(2), block(24), block(32), nn.AdaptiveAvgPool2d(1))
        self.head = nn.LazyLinear(num_classes)

    def forward(self, x):
        return self.head(self.net(x).flatten(1))


# %% variant="sequential_of_sequentials" exercise="MyNet"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()

        def block(inputs, outputs):
            return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding="same"), nn.BatchNorm2d(outputs), nn.GELU())

        self.net = nn.Sequential(
            block(1, 16),
            block(16, 24),
            nn.AvgPool2d(2),
            block(24, 48),
            nn.AvgPool2d(4),
            nn.Flatten(),
            nn.Linear(48, num_classes),
        )

    def forward(self, x):
        return self.net(x)
