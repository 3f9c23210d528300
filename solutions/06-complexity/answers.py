# Answers to the exercises of this topic: wrong ones that must lose points and be named, and right ones in another style
# that must not. A cell replaces the exercise's cell; one of comments says what changes in the solution, or in the
# answer that of="…" names.

# %% wrong="accuracy_for_error" exercise="topk_error" of="best_class_only" says="this is the accuracy"
# -     return (scores.argmax(dim=1) != labels).double().mean().item()
# +     named = scores.topk(k, dim=1).indices
# +     return (named == labels[:, None]).any(dim=1).double().mean().item()
# %% wrong="in_percent" exercise="topk_error" of="accuracy_for_error" says="percent are not asked for"
# -     return (named == labels[:, None]).any(dim=1).double().mean().item()
# +     return 100 - 100 * (named == labels[:, None]).any(dim=1).double().mean().item()
# %% wrong="number_of_images" exercise="topk_error" of="accuracy_for_error" says="divide by N"
# -     return (named == labels[:, None]).any(dim=1).double().mean().item()
# +     return float((~(named == labels[:, None]).any(dim=1)).sum())

# %% wrong="best_class_only" exercise="topk_error" says="only the best class was looked at"
def topk_error(scores, labels, k):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("no such k")
    return (scores.argmax(dim=1) != labels).double().mean().item()


# %% wrong="always_five" exercise="topk_error" of="best_class_only" says="always five were named"
# -     return (scores.argmax(dim=1) != labels).double().mean().item()
# +     named = scores.topk(min(5, scores.shape[1]), dim=1).indices
# +     return 1 - (named == labels[:, None]).any(dim=1).double().mean().item()
# %% wrong="lowest_scores" exercise="topk_error" of="always_five" says="the lowest scores were taken"
# -     named = scores.topk(min(5, scores.shape[1]), dim=1).indices
# +     named = scores.argsort(dim=1)[:, :k]
# %% wrong="mean_over_all_places" exercise="topk_error" of="accuracy_for_error" says="it was divided by N * k"
# -     return (named == labels[:, None]).any(dim=1).double().mean().item()
# +     return 1 - (named == labels[:, None]).double().mean().item()
# %% wrong="kth_class_alone" exercise="topk_error" of="accuracy_for_error" says="the k-th class alone was compared"
# -     return (named == labels[:, None]).any(dim=1).double().mean().item()
# +     return (named[:, k - 1] != labels).double().mean().item()
# %% wrong="one_class_too_many" exercise="topk_error" of="best_class_only" says="one class too many is named"
# -     return (scores.argmax(dim=1) != labels).double().mean().item()
# +     rank = (scores > scores.gather(1, labels[:, None])).sum(dim=1)
# +     return (rank > k).double().mean().item()
# %% wrong="one_class_too_few" exercise="topk_error" of="always_five" says="one class too few is named"
# -     named = scores.topk(min(5, scores.shape[1]), dim=1).indices
# +     named = scores.argsort(dim=1, descending=True)[:, : k - 1]

# %% wrong="k_is_not_checked" exercise="topk_error" says="should end in an error" values_right="true" keeps=2
def topk_error(scores, labels, k):
    named = scores.argsort(dim=1, descending=True)[:, :k]
    return 1 - (named == labels[:, None]).any(dim=1).double().mean().item()


# %% wrong="error_of_each_image" exercise="topk_error" of="accuracy_for_error" says="the mean over the images is missing"
# -     return (named == labels[:, None]).any(dim=1).double().mean().item()
# +     return (~(named == labels[:, None]).any(dim=1)).double()
# %% wrong="sorts_in_place" exercise="topk_error" of="best_class_only" says="an argument was changed in place" values_right="true" keeps=2
# -     return (scores.argmax(dim=1) != labels).double().mean().item()
# +     right = scores.gather(1, labels[:, None])
# +     rank = (scores > right).sum(dim=1)
# +     scores[:] = scores.sort(dim=1, descending=True).values
# +     return (rank >= k).double().mean().item()
# %% wrong="labels_next_to_each_other" exercise="topk_error" of="accuracy_for_error" says="Two tensors of different shape are combined"
# -     return (named == labels[:, None]).any(dim=1).double().mean().item()
# +     return 1 - (named == labels).any(dim=1).double().mean().item()
# %% wrong="rounded" exercise="topk_error" of="accuracy_for_error" says="the error was rounded"
# -     return (named == labels[:, None]).any(dim=1).double().mean().item()
# +     return round(1 - (named == labels[:, None]).any(dim=1).double().mean().item(), 2)

# %% wrong="absolute_scores" exercise="topk_error" says="the top-k error of"
def topk_error(scores, labels, k):
    if not 1 <= k <= scores.shape[1]:
        raise ValueError("k")
    named = scores.abs().topk(k, dim=1).indices
    return (named != labels[:, None]).all(dim=1).double().mean().item()


# %% right="ranks" exercise="topk_error" of="best_class_only"
# -     return (scores.argmax(dim=1) != labels).double().mean().item()
# +     better = scores > scores.gather(1, labels.unsqueeze(1))
# +     return (better.sum(1) >= k).float().mean().item()

# %% right="python_loop" exercise="topk_error"
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


# %% right="numpy" exercise="topk_error"
import numpy as np


def topk_error(scores, labels, k):
    if not 0 < k <= scores.shape[1]:
        raise ValueError(f"k={k}")
    order = np.argsort(-scores.numpy(), axis=1)[:, :k]
    return float(np.mean(~np.any(order == labels.numpy()[:, None], axis=1)))


# %% right="tensor_without_dimensions" exercise="topk_error" of="best_class_only"
# -     return (scores.argmax(dim=1) != labels).double().mean().item()
# +     _, named = torch.sort(scores, dim=1, descending=True)
# +     hit = torch.isin(torch.arange(len(labels)), (named[:, :k].T == labels).nonzero()[:, 1])
# +     return 1 - hit.double().mean()

# %% wrong="strict_in_both" exercise="pareto_front" says="strictly better in one of the two is enough"
def pareto_front(points):
    def beats(one, other):
        return one["accuracy"] > other["accuracy"] and one["cost"] < other["cost"]

    return [p["name"] for p in points if not any(beats(q, p) for q in points if q is not p)]


# %% wrong="equal_points_beat_each_other" exercise="pareto_front" of="strict_in_both" says="equal points do not beat each other"
# -         return one["accuracy"] > other["accuracy"] and one["cost"] < other["cost"]
# +         return one["accuracy"] >= other["accuracy"] and one["cost"] <= other["cost"]

# %% wrong="beaten_by_itself" exercise="pareto_front" says="does a point beat itself"
def pareto_front(points):
    return [
        p["name"]
        for p in points
        if not any(q["accuracy"] >= p["accuracy"] and q["cost"] <= p["cost"] for q in points)
    ]


# %% wrong="same_accuracy_does_not_beat" exercise="pareto_front" of="strict_in_both" says="a point as accurate and cheaper beats"
# -         return one["accuracy"] > other["accuracy"] and one["cost"] < other["cost"]
# +         return one["accuracy"] > other["accuracy"] and one["cost"] <= other["cost"]
# %% wrong="same_cost_does_not_beat" exercise="pareto_front" of="same_accuracy_does_not_beat" says="a point as cheap and more accurate beats"
# -         return one["accuracy"] > other["accuracy"] and one["cost"] <= other["cost"]
# +         return one["accuracy"] >= other["accuracy"] and one["cost"] < other["cost"]
# %% wrong="better_in_one_is_enough" exercise="pareto_front" of="same_accuracy_does_not_beat" says="is better in one respect taken to be enough"
# -         return one["accuracy"] > other["accuracy"] and one["cost"] <= other["cost"]
# +         return one["accuracy"] > other["accuracy"] or one["cost"] < other["cost"]
# %% wrong="more_cost_is_better" exercise="pareto_front" of="strict_in_both" says="of cost, less is better"
# -         return one["accuracy"] > other["accuracy"] and one["cost"] < other["cost"]
# +         return (
# +             one["accuracy"] >= other["accuracy"]
# +             and one["cost"] >= other["cost"]
# +             and (one["accuracy"] > other["accuracy"] or one["cost"] > other["cost"])
# +         )
# %% wrong="accuracy_taken_for_error" exercise="pareto_front" of="more_cost_is_better" says="of accuracy, more is better"
# -             one["accuracy"] >= other["accuracy"]
# -             and one["cost"] >= other["cost"]
# -             and (one["accuracy"] > other["accuracy"] or one["cost"] > other["cost"])
# +             one["accuracy"] <= other["accuracy"]
# +             and one["cost"] <= other["cost"]
# +             and (one["accuracy"] < other["accuracy"] or one["cost"] < other["cost"])
# %% wrong="the_beaten_ones" exercise="pareto_front" says="these are the points that are beaten"
# -         better = one["accuracy"] > other["accuracy"] or one["cost"] < other["cost"]
# -         return as_good and better
# -     return [point["name"] for point in points if not any(beats(other, point) for other in points)]
# +         return as_good and (one["accuracy"] > other["accuracy"] or one["cost"] < other["cost"])
# +     return [p["name"] for p in points if any(beats(q, p) for q in points)]
# %% wrong="sorted_by_cost" exercise="pareto_front" of="the_beaten_ones" says="not sorted"
# -     return [p["name"] for p in points if any(beats(q, p) for q in points)]
# +     front = [p for p in points if not any(beats(q, p) for q in points)]
# +     return [p["name"] for p in sorted(front, key=lambda p: p["cost"])]
# %% wrong="sorted_by_name" exercise="pareto_front" of="the_beaten_ones" says="not sorted"
# -     return [p["name"] for p in points if any(beats(q, p) for q in points)]
# +     return sorted(p["name"] for p in points if not any(beats(q, p) for q in points))
# %% wrong="whole_points" exercise="pareto_front" of="the_beaten_ones" says="it holds whole points"
# -     return [p["name"] for p in points if any(beats(q, p) for q in points)]
# +     return [p for p in points if not any(beats(q, p) for q in points)]
# %% wrong="set_of_names" exercise="pareto_front" of="the_beaten_ones" says="the result is a list of names"
# -     return [p["name"] for p in points if any(beats(q, p) for q in points)]
# +     return {p["name"] for p in points if not any(beats(q, p) for q in points)}
# %% wrong="most_accurate_only" exercise="pareto_front" of="cheapest_only" says="only the most accurate was kept"
# -     return [min(points, key=lambda p: p["cost"])["name"]]
# +     best = max(p["accuracy"] for p in points)
# +     return [p["name"] for p in points if p["accuracy"] == best]

# %% wrong="cheapest_only" exercise="pareto_front" says="only the cheapest was kept"
def pareto_front(points):
    if not points:
        return []
    return [min(points, key=lambda p: p["cost"])["name"]]


# %% wrong="compared_with_those_before" exercise="pareto_front" says="those before it only"
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


# %% wrong="compared_with_those_behind" exercise="pareto_front" of="compared_with_those_before" says="those after it only"
# -         for q in points[:index]:
# +         for q in points[index + 1 :]:

# %% wrong="sweep_keeps_the_same_accuracy_at_more_cost" exercise="pareto_front" says="a point as accurate and cheaper beats"
def pareto_front(points):
    best, kept = float("-inf"), []
    for p in sorted(points, key=lambda p: (p["cost"], -p["accuracy"])):
        if p["accuracy"] >= best:
            kept.append(p["name"])
            best = p["accuracy"]
    return [p["name"] for p in points if p["name"] in kept]


# %% wrong="sweep_drops_equal_points" exercise="pareto_front" of="sweep_keeps_the_same_accuracy_at_more_cost" says="equal points do not beat each other"
# -         if p["accuracy"] >= best:
# +         if p["accuracy"] > best:

# %% wrong="sorts_in_place" exercise="pareto_front" says="the list of points stays as it is" values_right="true" keeps=3.5
def pareto_front(points):
    order = [p["name"] for p in points]
    points.sort(key=lambda p: (p["cost"], -p["accuracy"]))
    kept, best, price = [], float("-inf"), None
    for p in points:
        if p["accuracy"] > best or (p["accuracy"], p["cost"]) == (best, price):
            kept.append(p["name"])
            best, price = p["accuracy"], p["cost"]
    return [name for name in order if name in kept]


# %% wrong="ratio_of_accuracy_to_cost" exercise="pareto_front" says="accuracy was divided by cost"
def pareto_front(points):
    best, kept = float("-inf"), []
    for p in points:
        if p["accuracy"] / p["cost"] >= best:
            best = p["accuracy"] / p["cost"]
    return [p["name"] for p in points if p["accuracy"] / p["cost"] >= best]


# %% wrong="convex_hull" exercise="pareto_front" of="the_beaten_ones" says="a point below the line between two others is not beaten"
# -     return [p["name"] for p in points if any(beats(q, p) for q in points)]
# +     front = [p for p in points if not any(beats(q, p) for q in points)]
# +     def below_a_chord(p):
# +         for a in front:
# +             for b in front:
# +                 if a["cost"] < p["cost"] < b["cost"]:
# +                     share = (p["cost"] - a["cost"]) / (b["cost"] - a["cost"])
# +                     if p["accuracy"] < a["accuracy"] + share * (b["accuracy"] - a["accuracy"]):
# +                         return True
# +         return False
# +     return [p["name"] for p in front if not below_a_chord(p)]

# %% wrong="no_return" exercise="pareto_front" says="there is no return statement"
def pareto_front(points):
    front = []
    for p in points:
        if not any(
            q["accuracy"] >= p["accuracy"]
            and q["cost"] <= p["cost"]
            and q != p
            and q["name"] != p["name"]
            for q in points
        ):
            front.append(p["name"])


# %% wrong="about_as_accurate" exercise="pareto_front" of="the_beaten_ones" says="close ones taken for equal"
# -         as_good = one["accuracy"] >= other["accuracy"] and one["cost"] <= other["cost"]
# +         as_good = one["accuracy"] >= other["accuracy"] - 0.05 and one["cost"] <= other["cost"]
#           return as_good and (one["accuracy"] > other["accuracy"] or one["cost"] < other["cost"])
# -     return [p["name"] for p in points if any(beats(q, p) for q in points)]
# +     return [p["name"] for p in points if not any(beats(q, p) for q in points)]
# %% wrong="two_decimals" exercise="pareto_front" of="wrong_key" says="close ones taken for equal"
# -     return [p["name"] for p in points if not any(q["acc"] > p["acc"] for q in points)]
# +     rounded = [(round(p["accuracy"], 2), round(p["cost"], 2)) for p in points]
# +     def beaten(place):
# +         accuracy, cost = rounded[place]
# +         return any(a >= accuracy and c <= cost and (a, c) != (accuracy, cost) for a, c in rounded)
# +     return [p["name"] for place, p in enumerate(points) if not beaten(place)]

# %% wrong="marks_the_beaten" exercise="pareto_front" says="written to" values_right="true" keeps=3.5
def pareto_front(points):
    for p in points:
        p["beaten"] = any(
            q["accuracy"] >= p["accuracy"]
            and q["cost"] <= p["cost"]
            and (q["accuracy"] > p["accuracy"] or q["cost"] < p["cost"])
            for q in points
        )
    return [p["name"] for p in points if not p["beaten"]]


# %% right="sweep" exercise="pareto_front"
def pareto_front(points):
    best = {}
    for p in points:
        best[p["cost"]] = max(p["accuracy"], best.get(p["cost"], float("-inf")))
    kept, top = {}, float("-inf")
    for cost in sorted(best):
        if best[cost] > top:
            top = kept[cost] = best[cost]
    return [p["name"] for p in points if kept.get(p["cost"]) == p["accuracy"]]


# %% right="torch" exercise="pareto_front" of="cheapest_only"
# -     return [min(points, key=lambda p: p["cost"])["name"]]
# +     accuracy = torch.tensor([float(p["accuracy"]) for p in points], dtype=torch.float64)
# +     cost = torch.tensor([float(p["cost"]) for p in points], dtype=torch.float64)
# +     at_least = (accuracy[:, None] >= accuracy) & (cost[:, None] <= cost)
# +     better = (accuracy[:, None] > accuracy) | (cost[:, None] < cost)
# +     beaten = (at_least & better).any(dim=0)
# +     return [p["name"] for p, lost in zip(points, beaten.tolist()) if not lost]

# %% right="helper_and_flags" exercise="pareto_front"
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


# %% right="tuple_of_names" exercise="pareto_front"
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


# %% wrong="bytes_of_a_parameter_forgotten" exercise="predict_memory" of="activations_in_kib" says="a parameter takes 4 bytes"
# -     outputs = [row["kib"] * batch_size for row in table]
# -     weights = 4 * sum(row["params"] for row in table)
# +     outputs = [row["kib"] * 1024 * batch_size for row in table]
# +     weights = sum(row["params"] for row in table)
# %% wrong="float64" exercise="predict_memory" of="bytes_of_a_parameter_forgotten" says="4 bytes, not 8"
# -     weights = sum(row["params"] for row in table)
# +     weights = 8 * sum(row["params"] for row in table)
# %% wrong="weights_for_each_image" exercise="predict_memory" of="bytes_of_a_parameter_forgotten" says="weights do not depend on the batch"
# -     weights = sum(row["params"] for row in table)
# +     weights = 4 * batch_size * sum(row["params"] for row in table)
# %% wrong="no_gradients" exercise="predict_memory" of="gradients_without_training" says="training needs one gradient for each weight" keeps=2.5
# -     gradients = weights
# +     gradients = 0
# %% wrong="gradients_without_training" exercise="predict_memory" of="inference_keeps_the_largest" says="without training there are no gradients" keeps=2.5
# -         activations = max(outputs)
# -     gradients = weights if training else 0
# +         activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
# +     gradients = weights
# %% wrong="no_optimizer" exercise="predict_memory" of="gradients_without_training" says="momentum keeps one number per weight" keeps=2.5
# -     gradients = weights
# -     optimizer = weights if training else 0
# +     gradients = weights if training else 0
# +     optimizer = 0
# %% wrong="adam" exercise="predict_memory" of="no_optimizer" says="two numbers per weight is Adam" keeps=2.5
# -     optimizer = 0
# +     optimizer = 2 * weights if training else 0
# %% wrong="optimizer_without_training" exercise="predict_memory" of="no_optimizer" says="without training there are no gradients" keeps=2.5
# -     optimizer = 0
# +     optimizer = weights
# %% wrong="gradients_of_activations" exercise="predict_memory" of="gradients_without_training" says="gradients of activations are not counted" keeps=2.5
# -     gradients = weights
# +     gradients = weights + activations if training else 0
# %% wrong="activations_doubled" exercise="predict_memory" of="inference_keeps_the_largest" says="only activations are counted" keeps=2.5
# -         activations = sum(outputs)
# +         activations = 2 * sum(outputs)
#       else:
# -         activations = max(outputs)
# +         activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
# %% wrong="kilobytes_of_1000" exercise="predict_memory" of="activations_in_kib" says="1 KiB is 1024 bytes"
# -     outputs = [row["kib"] * batch_size for row in table]
# +     outputs = [row["kib"] * 1000 * batch_size for row in table]
# %% wrong="activations_in_kib" exercise="predict_memory" of="inference_keeps_the_largest" says="these are KiB"
# -     outputs = [row["kib"] * 1024 * batch_size for row in table]
# +     outputs = [row["kib"] * batch_size for row in table]
#
# -         activations = max(outputs)
# +         activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
# %% wrong="four_bytes_per_byte" exercise="predict_memory" of="activations_in_kib" says="KiB are bytes already"
# -     outputs = [row["kib"] * batch_size for row in table]
# +     outputs = [4 * row["kib"] * 1024 * batch_size for row in table]
# %% wrong="one_image" exercise="predict_memory" of="activations_in_kib" says="for each image of the batch"
# -     outputs = [row["kib"] * batch_size for row in table]
# +     outputs = [row["kib"] * 1024 for row in table]
# %% wrong="largest_layer" exercise="predict_memory" of="inference_keeps_the_largest" says="only the largest output was counted"
# -         activations = sum(outputs)
# +         activations = max(outputs)
# %% wrong="inference_keeps_all" exercise="predict_memory" of="inference_keeps_the_largest" says="an output may go when the next layer has read it" keeps=2.5
# -         activations = max(outputs)
# +         activations = sum(outputs)

# %% wrong="inference_keeps_the_largest" exercise="predict_memory" says="only the largest output was counted" keeps=2.5
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


# %% wrong="training_as_inference" exercise="predict_memory" of="activations_doubled" says="every activation is kept for the backward pass" keeps=2.5
# -         activations = 2 * sum(outputs)
# +         activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
# %% wrong="two_largest" exercise="predict_memory" of="inference_keeps_the_largest" says="the two outputs must be neighbours" keeps=2.5
# -         activations = max(outputs)
# +         activations = sum(sorted(outputs)[-2:])
# %% wrong="last_two" exercise="predict_memory" of="two_largest" says="the last two are not always the largest pair" keeps=2.5
# -         activations = sum(sorted(outputs)[-2:])
# +         activations = sum(outputs[-2:])
# %% wrong="first_two" exercise="predict_memory" of="inference_keeps_the_largest" says="the first two are not always the largest pair" keeps=2.5
# -         activations = max(outputs)
# +         activations = sum(outputs[:2])
# %% wrong="last_pair_left_out" exercise="predict_memory" of="first_two" says="the last pair was left out" keeps=2.5
# -         activations = sum(outputs[:2])
# +         activations = max([outputs[k] + outputs[k + 1] for k in range(len(outputs) - 2)], default=sum(outputs[:2]))
# %% wrong="rows_without_parameters_left_out" exercise="predict_memory" of="first_two" says="rows without parameters (pools, norms) have outputs, too"
# -     outputs = [row["kib"] * 1024 * batch_size for row in table]
# +     weighty = [row for row in table if row["params"]]
# +     outputs = [row["kib"] * 1024 * batch_size for row in weighty]
#
# -         activations = sum(outputs[:2])
# +         activations = max(map(sum, zip(outputs, outputs[1:])), default=sum(outputs))
# %% wrong="total_without_activations" exercise="predict_memory" of="inference_keeps_the_largest" says="all belong to it"
# -         activations = max(outputs)
# +         activations = max(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
#
# -     total = weights + gradients + optimizer + activations
# +     total = weights + gradients + optimizer
# %% wrong="total_with_weights_twice" exercise="predict_memory" of="total_without_activations" says="something twice"
# -     total = weights + gradients + optimizer
# +     total = 2 * weights + gradients + optimizer + activations
# %% wrong="total_in_mib" exercise="predict_memory" of="total_without_activations" says="bytes were asked for"
# -     total = weights + gradients + optimizer
# +     total = (weights + gradients + optimizer + activations) / 2**20
# %% wrong="a_single_layer_is_no_pair" exercise="predict_memory" of="first_two" says="the largest or smallest of nothing is asked for" values_right="true" keeps=5
# -         activations = sum(outputs[:2])
# +         activations = max(map(sum, zip(outputs, outputs[1:])))
# %% wrong="training_not_heeded" exercise="predict_memory" of="gradients_without_training" says="without training there are no gradients" keeps=2.5
# -     if training:
# +     if True:
#
# -     optimizer = weights if training else 0
# +     optimizer = weights

# %% wrong="total_only" exercise="predict_memory" says="the result is a dict"
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


# %% wrong="changes_the_table" exercise="predict_memory" says="the table stays as it is" values_right="true" keeps=5
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


# %% wrong="largest_and_the_next" exercise="predict_memory" of="inference_keeps_the_largest" says="need not hold the largest output" keeps=2.5
# -         activations = max(outputs)
# +         place = outputs.index(max(outputs))
# +         activations = sum(outputs[place : place + 2])
# %% wrong="largest_and_its_larger_neighbour" exercise="predict_memory" of="largest_and_the_next" says="need not hold the largest output" keeps=2.5
# -         activations = sum(outputs[place : place + 2])
# +         padded = [0, *outputs, 0]
# +         activations = outputs[place] + max(padded[place], padded[place + 2])
# %% wrong="first_pair_left_out" exercise="predict_memory" of="inference_keeps_the_largest" says="the first pair was left out" keeps=2.5
# -         activations = max(outputs)
# +         activations = max([a + b for a, b in zip(outputs[1:], outputs[2:])] or [sum(outputs)])
# %% wrong="sorts_the_table" exercise="predict_memory" of="bytes_of_a_parameter_forgotten" says="it was sorted" values_right="true" keeps=5
# -     weights = sum(row["params"] for row in table)
# +     weights = 4 * sum(row["params"] for row in table)
# +     table.sort(key=lambda row: row["kib"])
# %% wrong="last_and_first_are_neighbours" exercise="predict_memory" of="first_pair_left_out" says="the last row and the first are no neighbours" keeps=2.5
# -         activations = max([a + b for a, b in zip(outputs[1:], outputs[2:])] or [sum(outputs)])
# +         activations = max(outputs[k - 1] + outputs[k] for k in range(len(outputs)))
# +         activations = activations if len(outputs) > 1 else outputs[0]

# %% right="numpy" exercise="predict_memory"
def predict_memory(table, batch_size, training):
    import numpy as np

    kib = np.array([row["kib"] for row in table])
    weights = 4 * np.array([row["params"] for row in table]).sum()
    kept = kib.sum() if training else np.convolve(kib, [1, 1])[:-1].max()
    parts = dict(weights=weights, gradients=weights * training, optimizer=weights * training)
    parts["activations"] = kept * 1024 * batch_size
    return {**parts, "total": sum(parts.values())}


# %% right="tensors" exercise="predict_memory"
def predict_memory(table, batch_size, training):
    outputs = 1024 * batch_size * torch.tensor([row["kib"] for row in table], dtype=torch.float64)
    weights = 4 * torch.tensor([row["params"] for row in table]).sum()
    kept = outputs.sum() if training else F.pad(outputs, (0, 1)).unfold(0, 2, 1).sum(1).max()
    more = weights * int(training)
    total = weights + 2 * more + kept
    return {
        "weights": weights,
        "gradients": more,
        "optimizer": more,
        "activations": kept,
        "total": total,
    }


# %% right="loop" exercise="predict_memory"
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


# %% right="torch_and_ints" exercise="predict_memory"
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


# %% right="helpers" exercise="predict_memory"
from itertools import pairwise


def bytes_of(row):
    return 1024.0 * row["kib"]


def predict_memory(table, batch_size, training):
    weights = sum(4.0 * row["params"] for row in table)
    if training:
        per_image = sum(map(bytes_of, table))
    else:
        per_image = max(
            [bytes_of(a) + bytes_of(b) for a, b in pairwise(table)] or [bytes_of(table[0])]
        )
    parts = dict(weights=weights, gradients=weights * training, optimizer=weights * training)
    parts["activations"] = batch_size * per_image
    return dict(parts, total=sum(parts.values()))


# %% wrong="rounded_to_nearest" exercise="largest_batch" of="by_itself" says="round down"
# -     return max(0, (budget - fixed) // per_image)
# +     return max(0, round((budget - fixed) / per_image))

# %% wrong="rounded_up" exercise="largest_batch" says="round down"
import math


def largest_batch(table, budget, training):
    kib = [row["kib"] for row in table]
    weights = 4 * sum(row["params"] for row in table)
    per_image = int(
        1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0]))
    )
    fixed = 3 * weights if training else weights
    return max(0, math.ceil((budget - fixed) / per_image))


# %% wrong="below_the_budget" exercise="largest_batch" of="by_itself" says="a total that equals the budget fits"
# -     return max(0, (budget - fixed) // per_image)
# +     return max(0, (budget - fixed - 1) // per_image)
# %% wrong="negative_batch" exercise="largest_batch" of="by_itself" says="there is no negative batch"
# -     return max(0, (budget - fixed) // per_image)
# +     return (budget - fixed) // per_image
# %% wrong="cut_off_negative" exercise="largest_batch" of="by_itself" says="there is no negative batch"
# -     return max(0, (budget - fixed) // per_image)
# +     return int((budget - fixed) / per_image)
# %% wrong="at_least_one" exercise="largest_batch" of="by_itself" says="there is no negative batch"
# -     return max(0, (budget - fixed) // per_image)
# +     return max(1, (budget - fixed) // per_image)
# %% wrong="float_batch" exercise="largest_batch" of="by_itself" says="it is a whole number"
# -     return max(0, (budget - fixed) // per_image)
# +     return max(0.0, (budget - fixed) / per_image // 1)
# %% wrong="fixed_price_forgotten" exercise="largest_batch" of="by_itself" says="the fixed price comes first"
# -     return max(0, (budget - fixed) // per_image)
# +     return budget // per_image
# %% wrong="weights_only" exercise="largest_batch" of="by_itself" says="the fixed price comes first"
# -     return max(0, (budget - fixed) // per_image)
# +     return max(0, (budget - weights) // per_image)
# %% wrong="fixed_price_for_each_image" exercise="largest_batch" of="by_itself" says="the fixed price is paid once"
# -     return max(0, (budget - fixed) // per_image)
# +     return budget // (per_image + fixed)
# %% wrong="training_not_heeded" exercise="largest_batch" says="training is not heeded"
# + def bytes_needed(table, batch_size, training):
# +     kib = [row["kib"] for row in table]
# +     weights = 4 * sum(row["params"] for row in table)
# +     activations = (
# +         batch_size
# +         * 1024
# +         * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0]))
# +     )
# +     return {"activations": activations, "total": activations + (3 if training else 1) * weights}
#   def largest_batch(table, budget, training):
#
# -     one = predict_memory(table, 1, training)
# +     one = bytes_needed(table, 1, True)
# %% wrong="power_of_two" exercise="largest_batch" of="counting_up" says="it need not be a power of two"
# -     size = 0
# -     while bytes_needed(table, size + 1, training)["total"] <= budget:
# -         size += 1
# +     if bytes_needed(table, 1, training)["total"] > budget:
# +         return 0
# +     size = 1
# +     while bytes_needed(table, 2 * size, training)["total"] <= budget:
# +         size *= 2
# %% wrong="one_step_too_far" exercise="largest_batch" of="counting_up" says="round down"
# -     size = 0
# -     while bytes_needed(table, size + 1, training)["total"] <= budget:
# +     size = 1
# +     while bytes_needed(table, size, training)["total"] <= budget:
# %% wrong="first_image_in_the_fixed_price" exercise="largest_batch" says="the fixed price holds no activations"
# -     fixed = one["total"] - one["activations"]
# -     return max(0, int((budget - fixed) // one["activations"]))
# +     return max(0, int((budget - one["total"]) // one["activations"]))
# %% wrong="multiple_of_32" exercise="largest_batch" of="first_image_in_the_fixed_price" says="or a multiple of 8 or 32"
# -     return max(0, int((budget - one["total"]) // one["activations"]))
# +     batch = max(0, int((budget - one["total"] + one["activations"]) // one["activations"]))
# +     return batch // 32 * 32

# %% wrong="empties_the_table" exercise="largest_batch" says="the table stays as it is" values_right="true" keeps=2
def largest_batch(table, budget, training):
    fixed, kib = 0, []
    while table:
        row = table.pop(0)
        fixed += 4 * row["params"] * (3 if training else 1)
        kib.append(row["kib"])
    per_image = int(
        1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0]))
    )
    return max(0, (budget - fixed) // per_image)


# %% right="counting_up" exercise="largest_batch" of="training_not_heeded"
# -     one = bytes_needed(table, 1, True)
# -     fixed = one["total"] - one["activations"]
# -     return max(0, int((budget - fixed) // one["activations"]))
# +     size = 0
# +     while bytes_needed(table, size + 1, training)["total"] <= budget:
# +         size += 1
# +     return size
# %% right="two_calls" exercise="largest_batch" of="training_not_heeded"
# -     one = bytes_needed(table, 1, True)
# -     fixed = one["total"] - one["activations"]
# -     return max(0, int((budget - fixed) // one["activations"]))
# +     one, two = (bytes_needed(table, n, training)["total"] for n in (1, 2))
# +     slope = two - one
# +     if one > budget:
# +         return 0
# +     return 1 + int((budget - one) // slope)
# %% right="bisection" exercise="largest_batch" of="training_not_heeded"
# -     one = bytes_needed(table, 1, True)
# -     fixed = one["total"] - one["activations"]
# -     return max(0, int((budget - fixed) // one["activations"]))
# +     def fits(n):
# +         return bytes_needed(table, n, training)["total"] <= budget
# +     low, high = 0, 1
# +     while fits(high):
# +         low, high = high, 2 * high
# +     while high - low > 1:
# +         middle = (low + high) // 2
# +         low, high = (middle, high) if fits(middle) else (low, middle)
# +     return low
# %% right="by_itself" exercise="largest_batch" of="rounded_up"
# - import math
#
# -     return max(0, math.ceil((budget - fixed) / per_image))
# +     return max(0, (budget - fixed) // per_image)

# %% right="torch_integers" exercise="largest_batch"
def largest_batch(table, budget, training):
    kib = torch.tensor([row["kib"] for row in table], dtype=torch.float64)
    weights = 4 * torch.tensor([row["params"] for row in table]).sum()
    per_image = kib.sum() if training or len(kib) == 1 else (kib[1:] + kib[:-1]).max()
    left = budget - (3 if training else 1) * weights
    return (left // (1024 * per_image).long()).clamp(min=0)


# %% wrong="macs_for_flop" exercise="arithmetic_intensity" says="a multiply-add is two"
# +     flop = batch_size * row["macs"]
#       numbers = row["params"] + batch_size * (row["inputs"] + row["outputs"])
# -     return 2 * batch_size * row["macs"] / (4 * numbers)
# +     return flop / (4 * numbers)
# %% wrong="numbers_for_bytes" exercise="arithmetic_intensity" says="a number takes 4 bytes"
# +     flop = 2 * batch_size * row["macs"]
#       numbers = row["params"] + batch_size * (row["inputs"] + row["outputs"])
# -     return 2 * batch_size * row["macs"] / (4 * numbers)
# +     return flop / numbers
# %% wrong="bits_for_bytes" exercise="arithmetic_intensity" of="numbers_for_bytes" says="these are bits"
# -     return flop / numbers
# +     return flop / (32 * numbers)
# %% wrong="upside_down" exercise="arithmetic_intensity" of="numbers_for_bytes" says="it is FLOP per byte"
# -     return flop / numbers
# +     return 4 * numbers / flop if flop else 0.0

# %% wrong="parameters_for_each_image" exercise="arithmetic_intensity" says="parameters are loaded once"
def arithmetic_intensity(row, batch_size):
    flop = 2 * batch_size * row["macs"]
    numbers = batch_size * (row["params"] + row["inputs"] + row["outputs"])
    return flop / (4 * numbers)


# %% wrong="operations_of_one_image" exercise="arithmetic_intensity" of="macs_for_flop" says="operations are done for each image"
# -     flop = batch_size * row["macs"]
# +     flop = 2 * row["macs"]
# %% wrong="activations_of_one_image" exercise="arithmetic_intensity" of="parameters_for_each_image" says="inputs and outputs are moved for each image"
# -     numbers = batch_size * (row["params"] + row["inputs"] + row["outputs"])
# +     numbers = row["params"] + row["inputs"] + row["outputs"]
# %% wrong="outputs_forgotten" exercise="arithmetic_intensity" of="activations_of_one_image" says="outputs are moved, too"
# -     numbers = row["params"] + row["inputs"] + row["outputs"]
# +     numbers = row["params"] + batch_size * row["inputs"]
# %% wrong="inputs_forgotten" exercise="arithmetic_intensity" of="parameters_for_each_image" says="inputs are moved, too"
# -     numbers = batch_size * (row["params"] + row["inputs"] + row["outputs"])
# +     numbers = row["params"] + batch_size * row["outputs"]
# %% wrong="parameters_forgotten" exercise="arithmetic_intensity" of="inputs_forgotten" says="parameters are moved, too"
# -     numbers = row["params"] + batch_size * row["outputs"]
# +     numbers = batch_size * (row["inputs"] + row["outputs"])
# %% wrong="parameters_only" exercise="arithmetic_intensity" of="inputs_forgotten" says="inputs and outputs are moved, too"
# -     numbers = row["params"] + batch_size * row["outputs"]
# -     return flop / (4 * numbers)
# +     numbers = row["params"]
# +     return flop / (4 * numbers) if numbers else 0.0
# %% wrong="batch_not_heeded" exercise="arithmetic_intensity" of="activations_of_one_image" says="batch_size is not heeded at all"
# -     flop = 2 * batch_size * row["macs"]
# +     flop = 2 * row["macs"]
# %% wrong="whole_numbers" exercise="arithmetic_intensity" of="numbers_for_bytes" says="// rounds down to a whole number"
# -     return flop / numbers
# +     return flop // (4 * numbers)

# %% right="half_of_the_quotient" exercise="arithmetic_intensity"
def arithmetic_intensity(row, batch_size):
    per_image = row["inputs"] + row["outputs"] + row["params"] / batch_size
    return row["macs"] / per_image / 2


# %% right="keywords" exercise="arithmetic_intensity"
# -     numbers = row["params"] + batch_size * (row["inputs"] + row["outputs"])
# -     return 2 * batch_size * row["macs"] / (4 * numbers)
# +     def flop(*, macs, **_):
# +         return 2 * macs * batch_size
# +     def moved(*, params, inputs, outputs, **_):
# +         return 4 * params + 4 * batch_size * inputs + 4 * batch_size * outputs
# +     return flop(**row) / moved(**row)

# %% right="torch" exercise="arithmetic_intensity"
def arithmetic_intensity(row, batch_size):
    count = torch.tensor([row[key] for key in ("params", "inputs", "outputs")], dtype=torch.float64)
    moved = 4 * (count * torch.tensor([1.0, batch_size, batch_size], dtype=torch.float64)).sum()
    return (2.0 * batch_size * row["macs"] / moved).item()


# %% wrong="shorter_time" exercise="roofline_seconds" says="the longer one counts, not the shorter"
# -         seconds += max(operations / flops, moved / bandwidth)
# +         seconds += min(operations / flops, moved / bandwidth)
# %% wrong="sum_of_both" exercise="roofline_seconds" says="they do not add up"
# -         seconds += max(operations / flops, moved / bandwidth)
# +         seconds += operations / flops + moved / bandwidth

# %% wrong="maximum_of_the_sums" exercise="roofline_seconds" says="the maximum was taken after the sums"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    compute = memory = 0.0
    for row in rows:
        operations = 2 * batch_size * row["macs"]
        moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
        compute, memory = compute + operations / flops, memory + moved / bandwidth
    return max(compute, memory)


# %% wrong="operations_only" exercise="roofline_seconds" says="only operations were counted"
# -         seconds += max(operations / flops, moved / bandwidth)
# +         seconds += operations / flops
# %% wrong="bytes_only" exercise="roofline_seconds" says="only bytes were counted"
# -         seconds += max(operations / flops, moved / bandwidth)
# +         seconds += moved / bandwidth
# %% wrong="layers_without_macs_are_free" exercise="roofline_seconds" says="layers without multiply-adds take time"
# -         seconds += max(operations / flops, moved / bandwidth)
# +         seconds += max(operations / flops, moved / bandwidth) if row["macs"] else 0.0
# %% wrong="macs_for_flop" exercise="roofline_seconds" says="a multiply-add is two"
# -         operations = 2 * batch_size * row["macs"]
# +         operations = batch_size * row["macs"]
# %% wrong="numbers_for_bytes" exercise="roofline_seconds" says="a number takes 4 bytes"
# -         moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
# +         moved = row["params"] + batch_size * (row["inputs"] + row["outputs"])
# %% wrong="parameters_for_each_image" exercise="roofline_seconds" says="parameters are loaded once"
# -         moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
# +         moved = 4 * batch_size * (row["params"] + row["inputs"] + row["outputs"])
# %% wrong="operations_of_one_image" exercise="roofline_seconds" says="operations are done for each image"
# -         operations = 2 * batch_size * row["macs"]
# +         operations = 2 * row["macs"]
# %% wrong="batch_not_heeded" exercise="roofline_seconds" of="operations_of_one_image" says="batch_size is not heeded"
# -         moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
# +         moved = 4 * (row["params"] + row["inputs"] + row["outputs"])
# %% wrong="per_image" exercise="roofline_seconds" says="not for one image"
# -     return seconds
# +     return seconds / batch_size
# %% wrong="outputs_forgotten" exercise="roofline_seconds" says="outputs are moved, too"
# -         moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
# +         moved = 4 * (row["params"] + batch_size * row["inputs"])
# %% wrong="slowest_layer" exercise="roofline_seconds" says="only the slowest layer"
# -         seconds += max(operations / flops, moved / bandwidth)
# +         seconds = max(seconds, operations / flops, moved / bandwidth)
# %% wrong="milliseconds" exercise="roofline_seconds" says="not milliseconds"
# -     return seconds
# +     return 1000 * seconds
# %% wrong="ridge_upside_down" exercise="roofline_seconds" says="the longer one counts, not the shorter"
# -         seconds += max(operations / flops, moved / bandwidth)
# +         seconds += operations / flops if operations / moved < flops / bandwidth else moved / bandwidth
# %% wrong="returns_in_the_loop" exercise="roofline_seconds" says="the return stands inside the loop"
#           seconds += max(operations / flops, moved / bandwidth)
# +         return seconds
# %% wrong="last_layer" exercise="roofline_seconds" says="only the last layer was counted"
# -         seconds += max(operations / flops, moved / bandwidth)
# +         seconds = max(operations / flops, moved / bandwidth)
# %% wrong="mean_over_the_layers" exercise="roofline_seconds" says="the mean over them was returned"
# -     return seconds
# +     return seconds / max(1, len(rows))

# %% right="generator" exercise="roofline_seconds"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    return float(
        sum(
            max(
                2 * batch_size * r["macs"] / flops,
                4
                * (r["params"] + batch_size * r["inputs"] + batch_size * r["outputs"])
                / bandwidth,
            )
            for r in rows
        )
    )


# %% right="by_the_intensity" exercise="roofline_seconds"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    total = 0.0
    for row in rows:
        moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
        if 2 * batch_size * row["macs"] / moved > flops / bandwidth:
            total += 2 * batch_size * row["macs"] / flops
        else:
            total += moved / bandwidth
    return total


# %% right="torch" exercise="roofline_seconds"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    table = torch.tensor(
        [[r["macs"], r["params"], r["inputs"] + r["outputs"]] for r in rows], dtype=torch.float64
    ).reshape(-1, 3)
    compute = table[:, 0] * 2 * batch_size / flops
    memory = (table[:, 1] + table[:, 2] * batch_size) * 4 / bandwidth
    return torch.maximum(compute, memory).sum().item()


# %% wrong="capped_at_five" exercise="topk_error" of="always_five" says="always five were named"
# -     named = scores.topk(min(5, scores.shape[1]), dim=1).indices
# +     k = min(k, 5)
# +     named = scores.topk(k, dim=1).indices

# %% wrong="starts_from_an_accuracy_of_zero" exercise="pareto_front" says="the best accuracy so far must start below"
def pareto_front(points):
    best, price, kept = 0, None, []
    for p in sorted(points, key=lambda p: (p["cost"], -p["accuracy"])):
        if p["accuracy"] > best or (p["accuracy"], p["cost"]) == (best, price):
            kept.append(p["name"])
            best, price = p["accuracy"], p["cost"]
    return [p["name"] for p in points if p["name"] in kept]


# %% wrong="whole_costs" exercise="pareto_front" of="more_cost_is_better" says="close ones taken for equal"
# -             and one["cost"] >= other["cost"]
# -             and (one["accuracy"] > other["accuracy"] or one["cost"] > other["cost"])
# +             and int(one["cost"]) <= int(other["cost"])
# +             and (one["accuracy"] > other["accuracy"] or int(one["cost"]) < int(other["cost"]))

# %% wrong="removes_while_it_walks" exercise="pareto_front" says="the list is changed while a loop walks through it"
def pareto_front(points):
    front = list(points)
    for p in front:
        for q in points:
            as_good = q["accuracy"] >= p["accuracy"] and q["cost"] <= p["cost"]
            if as_good and (q["accuracy"] > p["accuracy"] or q["cost"] < p["cost"]):
                front.remove(p)
                break
    return [p["name"] for p in front]


# %% wrong="every_second_pair" exercise="predict_memory" of="first_pair_left_out" says="not all pairs were looked at" keeps=2.5
# -         activations = max([a + b for a, b in zip(outputs[1:], outputs[2:])] or [sum(outputs)])
# +         activations = max([outputs[k] + outputs[k + 1] for k in range(0, len(outputs) - 1, 2)], default=outputs[0])
# %% wrong="equal_layers_counted_once" exercise="predict_memory" of="activations_doubled" says="layers with equal numbers count as often"
# -     weights = 4 * sum(row["params"] for row in table)
# +     weights = 4 * sum({row["params"] for row in table})
#       if training:
# -         activations = 2 * sum(outputs)
# +         activations = sum(set(outputs))
# %% wrong="whole_kib" exercise="predict_memory" of="activations_in_kib" says="KiB need not be whole numbers"
# -     outputs = [row["kib"] * batch_size for row in table]
# +     outputs = [int(row["kib"]) * 1024 * batch_size for row in table]
# %% wrong="at_most_1024" exercise="largest_batch" of="by_itself" says="the batch was limited to a fixed number"
# -     return max(0, (budget - fixed) // per_image)
# +     return min(1024, max(0, (budget - fixed) // per_image))
# %% wrong="batch_for_outputs_only" exercise="arithmetic_intensity" of="inputs_forgotten" says="inputs are moved for each image"
# -     numbers = row["params"] + batch_size * row["outputs"]
# +     numbers = row["params"] + row["inputs"] + batch_size * row["outputs"]
# %% wrong="limits_swapped" exercise="roofline_seconds" says="they are swapped"
# -         seconds += max(operations / flops, moved / bandwidth)
# +         seconds += max(operations / bandwidth, moved / flops)

# %% wrong="any_over_the_images" exercise="topk_error" says="is `any` taken over the images"
def topk_error(scores, labels, k):
    if k < 1 or k > scores.shape[1]:
        raise ValueError("k")
    top = scores.topk(k).indices
    hits = (top == labels.unsqueeze(1)).any(dim=0)
    return 1 - hits.float().mean().item()


# %% wrong="accuracy_in_percent" exercise="topk_error" says="percent are not asked for"
def topk_error(scores, labels, k):
    if k < 1 or k > scores.shape[1]:
        raise ValueError("k")
    top = scores.topk(k, dim=1)[1]
    return 100 * (top == labels[:, None]).any(1).float().mean().item()


# %% wrong="refuses_all_classes" exercise="topk_error" of="assert_for_raise" says="a k that is allowed is refused" keeps=0.5
# -     assert 1 <= k <= scores.shape[1]
# +     if k < 1 or k >= scores.shape[1]:
# +         raise ValueError("k")

# %% wrong="assert_for_raise" exercise="topk_error" says="assert is for what can never happen" keeps=2
def topk_error(scores, labels, k):
    assert 1 <= k <= scores.shape[1]
    top = scores.topk(k, dim=1)[1]
    return 1 - (top == labels[:, None]).any(1).double().mean().item()


# %% wrong="accuracy_of_the_lowest" exercise="topk_error" says="the lowest scores were taken"
def topk_error(scores, labels, k):
    if k < 1 or k > scores.shape[1]:
        raise ValueError("k")
    top = scores.argsort(dim=1)[:, :k]
    return (top == labels[:, None]).any(1).double().mean().item()


# %% wrong="sweep_from_the_cheapest" exercise="pareto_front" of="sorted_and_equal_accuracy_kept" says="names come in the order of points, not sorted"
# -     best = -1
# -     for p in sorted(points, key=lambda p: (p["cost"], -p["accuracy"])):
# -         if p["accuracy"] >= best:
# +     best = 0
# +     for p in sorted(points, key=lambda p: p["cost"]):
# +         if p["accuracy"] > best:

# %% wrong="sorted_and_equal_accuracy_kept" exercise="pareto_front" says="names come in the order of points, not sorted"
def pareto_front(points):
    front = []
    best = -1
    for p in sorted(points, key=lambda p: (p["cost"], -p["accuracy"])):
        if p["accuracy"] >= best:
            best = p["accuracy"]
            front.append(p["name"])
    return front


# %% wrong="removes_from_the_list" exercise="pareto_front" says="the list is changed while a loop walks through it"
def pareto_front(points):
    for p in points:
        for q in points:
            if (
                q["accuracy"] >= p["accuracy"]
                and q["cost"] <= p["cost"]
                and (q["accuracy"] > p["accuracy"] or q["cost"] < p["cost"])
            ):
                points.remove(p)
                break
    return [p["name"] for p in points]


# %% wrong="wrong_key" exercise="pareto_front" says="A dictionary has no such key"
def pareto_front(points):
    return [p["name"] for p in points if not any(q["acc"] > p["acc"] for q in points)]


# %% wrong="one_point_per_cost" exercise="pareto_front" says="equal points do not beat each other"
def pareto_front(points):
    best = {}
    for p in points:
        if p["cost"] not in best or p["accuracy"] > best[p["cost"]]["accuracy"]:
            best[p["cost"]] = p
    front = []
    top = float("-inf")
    for c in sorted(best):
        if best[c]["accuracy"] > top:
            top = best[c]["accuracy"]
            front.append(best[c]["name"])
    return front


# %% wrong="numbers_and_kib" exercise="predict_memory" says="these are KiB"
def predict_memory(table, batch_size, training):
    w = sum(r["params"] for r in table)
    out = [r["kib"] * batch_size for r in table]
    act = sum(out) if training else max([a + b for a, b in zip(out, out[1:])], default=out[0])
    return {
        "weights": w,
        "gradients": w if training else 0,
        "optimizer": w if training else 0,
        "activations": act,
        "total": w * (3 if training else 1) + act,
    }


# %% wrong="total_without_the_optimizer" exercise="predict_memory" says="the total lacks a part" keeps=2.5
def predict_memory(table, batch_size, training):
    w = 4 * sum(r["params"] for r in table)
    out = [1024 * r["kib"] * batch_size for r in table]
    act = sum(out) if training else max([a + b for a, b in zip(out, out[1:])], default=out[0])
    g = w if training else 0
    return {"weights": w, "gradients": g, "optimizer": g, "activations": act, "total": w + g + act}


# %% wrong="a_pair_too_many" exercise="predict_memory" of="all_kept_and_adam" says="An index lies beyond the end" keeps=2.5
# -     act = sum(out)
# +     act = sum(out) if training else max(out[k] + out[k + 1] for k in range(len(out)))
#
# -     o = 2 * w if training else 0
#
# -         "optimizer": o,
# +         "optimizer": g,
#
# -         "total": w + g + o + act,
# +         "total": w + 2 * g + act,

# %% wrong="all_kept_and_adam" exercise="predict_memory" says="two numbers per weight is Adam"
def predict_memory(table, batch_size, training):
    w = 4 * sum(r["params"] for r in table)
    out = [1024 * r["kib"] * batch_size for r in table]
    act = sum(out)
    g = w if training else 0
    o = 2 * w if training else 0
    return {
        "weights": w,
        "gradients": g,
        "optimizer": o,
        "activations": act,
        "total": w + g + o + act,
    }


# %% wrong="total_for_each_image" exercise="largest_batch" says="the fixed price is paid once"
def largest_batch(table, budget, training):
    one = predict_memory(table, 1, training)
    return int(budget // one["total"])


# %% wrong="stops_before_the_budget" exercise="largest_batch" says="a total that equals the budget fits"
def largest_batch(table, budget, training):
    n = 1
    while predict_memory(table, n, training)["total"] < budget:
        n += 1
    return n - 1


# %% wrong="precedence_of_the_batch" exercise="arithmetic_intensity" says="outputs are moved for each image"
def arithmetic_intensity(row, batch_size):
    numbers = row["params"] + batch_size * row["inputs"] + row["outputs"]
    return 2 * batch_size * row["macs"] / (4 * numbers)


# %% wrong="precedence_of_the_quotient" exercise="arithmetic_intensity" says="write a / (4 * b)"
def arithmetic_intensity(row, batch_size):
    numbers = row["params"] + batch_size * (row["inputs"] + row["outputs"])
    return 2 * batch_size * row["macs"] / 4 * numbers


# %% wrong="macs_without_outputs" exercise="arithmetic_intensity" says="outputs are moved, too"
def arithmetic_intensity(row, batch_size):
    numbers = row["params"] + batch_size * (row["inputs"])
    return batch_size * row["macs"] / (4 * numbers)


# %% wrong="four_for_parameters_only" exercise="arithmetic_intensity" says="the factor of 4 belongs to"
def arithmetic_intensity(row, batch_size):
    return (
        2
        * batch_size
        * row["macs"]
        / (4 * row["params"] + batch_size * (row["inputs"] + row["outputs"]))
    )


# %% wrong="reciprocal" exercise="arithmetic_intensity" says="Something was divided by 0" keeps=0.5
def arithmetic_intensity(row, batch_size):
    moved = 4 * (row["params"] + batch_size * (row["inputs"] + row["outputs"]))
    return 1 / (moved / (2 * batch_size * row["macs"]))


# %% wrong="shorter_time_of_macs" exercise="roofline_seconds" of="multiplied_by_the_speeds" says="the longer one counts, not the shorter"
# -         t += max(
# -             2 * batch_size * r["macs"] * flops,
# -             4 * (r["params"] + batch_size * (r["inputs"] + r["outputs"])) * bandwidth,
# +         t += min(
# +             batch_size * r["macs"] / flops,
# +             4 * (r["params"] + batch_size * (r["inputs"] + r["outputs"])) / bandwidth,

# %% wrong="multiplied_by_the_speeds" exercise="roofline_seconds" says="time is an amount divided by a speed"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    t = 0.0
    for r in rows:
        t += max(
            2 * batch_size * r["macs"] * flops,
            4 * (r["params"] + batch_size * (r["inputs"] + r["outputs"])) * bandwidth,
        )
    return t


# %% wrong="speed_from_the_intensity" exercise="roofline_seconds" says="Something was divided by 0"
def arithmetic_intensity(row, batch_size):
    numbers = row["params"] + batch_size * (row["inputs"] + row["outputs"])
    return 2 * batch_size * row["macs"] / (4 * numbers)


def roofline_seconds(rows, batch_size, flops, bandwidth):
    t = 0.0
    for r in rows:
        i = arithmetic_intensity(r, batch_size)
        reached = min(flops, i * bandwidth)
        t += 2 * batch_size * r["macs"] / reached
    return t


# %% wrong="maximum_of_two_sums" exercise="roofline_seconds" says="the maximum was taken after the sums"
def roofline_seconds(rows, batch_size, flops, bandwidth):
    return max(
        sum(2 * batch_size * r["macs"] for r in rows) / flops,
        sum(4 * (r["params"] + batch_size * (r["inputs"] + r["outputs"])) for r in rows)
        / bandwidth,
    )


# %% wrong="large_matrix" exercise="MyNet" of="linear" says="at most 20,000 parameters"
# -         self.head = nn.Linear(64, num_classes)
# +         self.conv = nn.Conv2d(1, 16, 3, padding=1)
# +         self.hidden = nn.Linear(16 * 64, 32)
# +         self.head = nn.Linear(32, num_classes)
#       def forward(self, x):
# -         return self.head(x.flatten(1))
# +         x = self.conv(x).relu().flatten(1)
# +         return self.head(self.hidden(x).relu())
# %% wrong="wide_convolutions" exercise="MyNet" of="linear" says="at most 20,000 parameters"
# +         self.one = nn.Conv2d(1, 32, 3, padding=1)
# +         self.two = nn.Conv2d(32, 64, 3, padding=1)
# +         self.three = nn.Conv2d(64, 64, 3, padding=1)
#           self.head = nn.Linear(64, num_classes)
#       def forward(self, x):
# -         return self.head(x.flatten(1))
# +         x = self.one(x).relu()
# +         x = F.max_pool2d(self.two(x).relu(), 2)
# +         return self.head(self.three(x).relu().mean(dim=(2, 3)))
# %% wrong="all_on_large_maps" exercise="MyNet" of="linear" says="at most 1,000,000 multiply-adds"
# -         self.head = nn.Linear(64, num_classes)
# +         self.stem = nn.Conv2d(1, 24, 3, padding=1)
# +         self.convs = nn.ModuleList(nn.Conv2d(24, 24, 3, padding=1) for _ in range(3))
# +         self.head = nn.Linear(24, num_classes)
#       def forward(self, x):
# -         return self.head(x.flatten(1))
# +         x = self.stem(x).relu()
# +         for conv in self.convs:
# +             x = conv(x).relu()
# +         return self.head(x.mean(dim=(2, 3)))
# %% wrong="upsampled_image" exercise="MyNet" of="linear" says="at most 1,000,000 multiply-adds"
# -         self.head = nn.Linear(64, num_classes)
# +         self.one = nn.Conv2d(1, 16, 3, padding=1)
# +         self.two = nn.Conv2d(16, 16, 3, padding=1)
# +         self.head = nn.Linear(16, num_classes)
#       def forward(self, x):
# -         return self.head(x.flatten(1))
# +         x = F.interpolate(x, scale_factor=4)
# +         x = self.two(self.one(x).relu()).relu()
# +         return self.head(x.mean(dim=(2, 3)))
# %% wrong="one_convolution_many_times" exercise="MyNet" of="linear" says="at most 1,000,000 multiply-adds"
# -         self.head = nn.Linear(64, num_classes)
# +         self.stem = nn.Conv2d(1, 32, 3, padding=1)
# +         self.conv = nn.Conv2d(32, 32, 3, padding=1)
# +         self.head = nn.Linear(32, num_classes)
#       def forward(self, x):
# -         return self.head(x.flatten(1))
# +         x = self.stem(x).relu()
# +         for _ in range(6):
# +             x = self.conv(x).relu()
# +         return self.head(x.mean(dim=(2, 3)))
# %% wrong="maps_left" exercise="MyNet" of="ten_whatever_is_asked" says="the maps of 1 x 1 are still there"
# -         self.head = nn.Linear(8, 10)
# +         self.head = nn.Conv2d(8, num_classes, 1)
#       def forward(self, x):
# -         return self.head(self.conv(x).relu().mean(dim=(2, 3)))
# +         return F.adaptive_avg_pool2d(self.head(self.conv(x).relu()), 1)
# %% wrong="ten_whatever_is_asked" exercise="MyNet" of="softmax_at_the_end" says="num_classes is not heeded"
# -         self.head = nn.Linear(8, num_classes)
# +         self.head = nn.Linear(8, 10)
#       def forward(self, x):
# -         return self.head(self.conv(x).relu().mean(dim=(2, 3))).softmax(dim=1)
# +         return self.head(self.conv(x).relu().mean(dim=(2, 3)))

# %% wrong="softmax_at_the_end" exercise="MyNet" says="softmax belongs to the loss"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, padding=1)
        self.head = nn.Linear(8, num_classes)

    def forward(self, x):
        return self.head(self.conv(x).relu().mean(dim=(2, 3))).softmax(dim=1)


# %% wrong="plain_list" exercise="MyNet" of="linear" says="the network has parameters"
# -         self.head = nn.Linear(64, num_classes)
# +         self.layers = [nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, num_classes)]
#       def forward(self, x):
# -         return self.head(x.flatten(1))
# +         for layer in self.layers:
# +             x = layer(x)
# +         return x
# %% wrong="squeezed" exercise="MyNet" of="softmax_at_the_end" says="squeeze() drops the axis of the images, too"
# -         return self.head(self.conv(x).relu().mean(dim=(2, 3))).softmax(dim=1)
# +         return self.head(F.adaptive_avg_pool2d(self.conv(x).relu(), 1).squeeze())
# %% wrong="no_return" exercise="MyNet" of="squeezed" says="a tensor"
# -         return self.head(F.adaptive_avg_pool2d(self.conv(x).relu(), 1).squeeze())
# +         self.head(self.conv(x).relu().mean(dim=(2, 3)))
# %% wrong="no_super" exercise="MyNet" of="squeezed" says="cannot assign module before"
# -         super().__init__()
#
# -         return self.head(F.adaptive_avg_pool2d(self.conv(x).relu(), 1).squeeze())
# +         return self.head(self.conv(x).relu().mean(dim=(2, 3)))
# %% wrong="made_for_28_pixels" exercise="MyNet" of="linear" says="RuntimeError"
# -         self.head = nn.Linear(64, num_classes)
# +         self.conv = nn.Conv2d(1, 4, 3, padding=1)
# +         self.head = nn.Linear(4 * 14 * 14, num_classes)
#       def forward(self, x):
# -         return self.head(x.flatten(1))
# +         return self.head(F.max_pool2d(self.conv(x).relu(), 2).flatten(1))
# %% wrong="best_class" exercise="MyNet" of="softmax_at_the_end" says="The scores of"
# -         return self.head(self.conv(x).relu().mean(dim=(2, 3))).softmax(dim=1)
# +         return self.head(self.conv(x).relu().mean(dim=(2, 3))).argmax(dim=1)
# %% wrong="dropout_in_evaluation" exercise="MyNet" of="softmax_at_the_end" says="training=self.training"
# -         return self.head(self.conv(x).relu().mean(dim=(2, 3))).softmax(dim=1)
# +         x = self.conv(x).relu().mean(dim=(2, 3))
# +         return self.head(F.dropout(x, 0.5))
# %% wrong="first_image_for_all" exercise="MyNet" says="an image has the same scores by itself"
# -         return self.head(self.features(x).mean(dim=(2, 3)))
# +         return self.head(self.features(x[:1]).mean(dim=(2, 3))).expand(len(x), -1)
# %% wrong="mean_over_the_images" exercise="MyNet" of="dropout_in_evaluation" says="an image has the same scores by itself"
# -         return self.head(F.dropout(x, 0.5))
# +         return self.head(x - x.mean(dim=0))
# %% wrong="depends_on_values" exercise="MyNet" of="best_class" says="an if on a tensor"
# -         return self.head(self.conv(x).relu().mean(dim=(2, 3))).argmax(dim=1)
# +         if x.mean() > 0.5:
# +             x = 1 - x
# +         return self.head(self.conv(x).relu().mean(dim=(2, 3)))
# %% wrong="linear" exercise="MyNet" of="softmax_at_the_end" says="it reaches" keeps=4 hidden_only="a linear network reaches the accuracy of the visible test"
# -         self.conv = nn.Conv2d(1, 8, 3, padding=1)
# -         self.head = nn.Linear(8, num_classes)
# +         self.head = nn.Linear(64, num_classes)
#       def forward(self, x):
# -         return self.head(self.conv(x).relu().mean(dim=(2, 3))).softmax(dim=1)
# +         return self.head(x.flatten(1))
# %% wrong="some_layers_in_a_list" exercise="MyNet" of="best_class" says="are not in parameters()" keeps=2
# -         self.conv = nn.Conv2d(1, 8, 3, padding=1)
# +         self.blocks = [nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)]
#
# -         return self.head(self.conv(x).relu().mean(dim=(2, 3))).argmax(dim=1)
# +         for block in self.blocks:
# +             x = block(x).relu()
# +         return self.head(x.mean(dim=(2, 3)))
# %% wrong="tiny" exercise="MyNet" of="ten_whatever_is_asked" says="it reaches" keeps=2
# -         self.conv = nn.Conv2d(1, 8, 3, padding=1)
# -         self.head = nn.Linear(8, 10)
# +         self.conv = nn.Conv2d(1, 2, 3, stride=2, padding=1)
# +         self.head = nn.Linear(2, num_classes)
# %% wrong="relu_behind_the_head" exercise="MyNet" of="softmax_at_the_end" says="is there a ReLU after the last layer" keeps=2
# -         return self.head(self.conv(x).relu().mean(dim=(2, 3))).softmax(dim=1)
# +         return self.head(self.conv(x).relu().mean(dim=(2, 3))).relu()
# %% wrong="features_detached" exercise="MyNet" of="relu_behind_the_head" says="detach() lets no gradient through" keeps=2
# -         return self.head(self.conv(x).relu().mean(dim=(2, 3))).relu()
# +         return self.head(self.conv(x).relu().detach().mean(dim=(2, 3)))

# %% right="functional" exercise="MyNet"
class MyNet(nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        sizes = [(24, 1, 3, 3), (28, 24, 3, 3), (40, 28, 3, 3)]
        self.kernels = nn.ParameterList(
            nn.Parameter(torch.randn(s) * (2 / (9 * s[1])) ** 0.5) for s in sizes
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(s[0]) for s in sizes)
        self.weight = nn.Parameter(0.1 * torch.randn(num_classes, 40))
        self.bias = nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        for place, (kernel, norm) in enumerate(zip(self.kernels, self.norms)):
            x = F.relu(norm(F.conv2d(x, kernel, padding=1)))
            if place == 1:
                x = F.max_pool2d(x, kernel_size=2)
        return torch.einsum("nchw,kc->nk", x, self.weight) / 16 + self.bias


# %% right="residual" exercise="MyNet"
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
        self.stem = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        )
        self.one, self.two = Residual(width), Residual(width)
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1), nn.Linear(width, num_classes)
        )

    def forward(self, x):
        x = F.max_pool2d(self.one(self.stem(x)), 2)
        return self.head(self.two(x))


# %% right="lazy_layers" exercise="MyNet" of="linear"
# -         self.head = nn.Linear(64, num_classes)
# +         def block(outputs):
# +             return nn.Sequential(nn.LazyConv2d(outputs, 3, padding=1), nn.LazyBatchNorm2d(), nn.ReLU())
# +         self.net = nn.Sequential(block(16), block(24), nn.MaxPool2d(2), block(24), block(32), nn.AdaptiveAvgPool2d(1))
# +         self.head = nn.LazyLinear(num_classes)
#       def forward(self, x):
# -         return self.head(x.flatten(1))
# +         return self.head(self.net(x).flatten(1))
# %% right="sequential_of_sequentials" exercise="MyNet" of="linear"
# -         self.head = nn.Linear(64, num_classes)
# +         def block(inputs, outputs):
# +             return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding="same"), nn.BatchNorm2d(outputs), nn.GELU())
# +         self.net = nn.Sequential(
# +             block(1, 16),
# +             block(16, 24),
# +             nn.AvgPool2d(2),
# +             block(24, 48),
# +             nn.AvgPool2d(4),
# +             nn.Flatten(),
# +             nn.Linear(48, num_classes),
# +         )
#       def forward(self, x):
# -         return self.head(x.flatten(1))
# +         return self.net(x)


# %% wrong="labels_one_off" exercise="topk_error" of="accuracy_for_error" says="classes are numbered from 0"
# -     return (named == labels[:, None]).any(dim=1).double().mean().item()
# +     return 1 - (named + 1 == labels[:, None]).any(dim=1).double().mean().item()
# %% wrong="scores_for_classes" exercise="topk_error" of="always_five" says="labels were compared with scores"
# -     named = scores.topk(min(5, scores.shape[1]), dim=1).indices
# +     named = scores.topk(k, dim=1).values
# %% wrong="best_class_left_out" exercise="topk_error" of="always_five" says="the best class is left out"
# -     named = scores.topk(min(5, scores.shape[1]), dim=1).indices
# +     named = scores.argsort(dim=1)[:, -k:-1]
# %% wrong="all_for_any" exercise="topk_error" of="in_percent" says="not each of them (all)"
# -     return 100 - 100 * (named == labels[:, None]).any(dim=1).double().mean().item()
# +     return 1 - (named == labels[:, None]).all(dim=1).double().mean().item()
# %% wrong="order_for_ranks" exercise="topk_error" of="best_class_only" says="argsort says which class stands at each place"
# -     return (scores.argmax(dim=1) != labels).double().mean().item()
# +     order = scores.argsort(dim=1, descending=True)
# +     return (order.gather(1, labels[:, None]) >= k).double().mean().item()
# %% wrong="divided_by_classes" exercise="topk_error" of="number_of_images" says="divided by the number of classes"
# -     return float((~(named == labels[:, None]).any(dim=1)).sum())
# +     return float((~(named == labels[:, None]).any(dim=1)).sum()) / scores.shape[1]
# %% wrong="cut_share" exercise="topk_error" of="number_of_images" says="or is it cut by //?"
# -     return float((~(named == labels[:, None]).any(dim=1)).sum())
# +     return int((~(named == labels[:, None]).any(dim=1)).sum()) // len(labels)
# %% wrong="returns_in_the_loop" exercise="topk_error" of="python_loop" says="does the return stand inside the loop?"
# -     return wrong / n
# +         return wrong / n
# %% wrong="and_before_or" exercise="pareto_front" says="`and` binds first"
# -         better = one["accuracy"] > other["accuracy"] or one["cost"] < other["cost"]
# -         return as_good and better
# +         return as_good and one["accuracy"] > other["accuracy"] or one["cost"] < other["cost"]
# %% wrong="those_that_beat_nobody" exercise="pareto_front" says="that beat no other one"
# -     return [point["name"] for point in points if not any(beats(other, point) for other in points)]
# +     return [point["name"] for point in points if not any(beats(point, other) for other in points)]
# %% wrong="best_of_each_cost" exercise="pareto_front" says="another one beats in both respects"
# -         as_good = one["accuracy"] >= other["accuracy"] and one["cost"] <= other["cost"]
# +         as_good = one["cost"] == other["cost"]
# %% wrong="beaten_by_all" exercise="pareto_front" says="every point was kept"
# -     return [point["name"] for point in points if not any(beats(other, point) for other in points)]
# +     return [point["name"] for point in points if not all(beats(other, point) for other in points)]
# %% wrong="all_but_the_first" exercise="pareto_front" says="with all others but the first"
# -     return [point["name"] for point in points if not any(beats(other, point) for other in points)]
# +     return [point["name"] for point in points if not any(beats(other, point) for other in points[1:])]
# %% wrong="named_twice" exercise="pareto_front" of="the_beaten_ones" says="a name comes twice"
# -     return [p["name"] for p in points if any(beats(q, p) for q in points)]
# +     return 2 * [p["name"] for p in points if not any(beats(q, p) for q in points)]
# %% wrong="bits" exercise="predict_memory" of="bytes_of_a_parameter_forgotten" says="these are bits"
# -     weights = sum(row["params"] for row in table)
# +     weights = 32 * sum(row["params"] for row in table)
# %% wrong="half_precision" exercise="predict_memory" of="bytes_of_a_parameter_forgotten" says="4 bytes, not 2"
# -     weights = sum(row["params"] for row in table)
# +     weights = 2 * sum(row["params"] for row in table)
# %% wrong="largest_weights" exercise="predict_memory" of="bytes_of_a_parameter_forgotten" says="the parameters of one layer alone"
# -     weights = sum(row["params"] for row in table)
# +     weights = 4 * max(row["params"] for row in table)
# %% wrong="smallest_pair" exercise="predict_memory" of="first_two" says="the smallest sum of two neighbours" keeps=2.5
# -         activations = sum(outputs[:2])
# +         activations = min(map(sum, zip(outputs, outputs[1:])), default=outputs[0])
# %% wrong="sum_of_all_pairs" exercise="predict_memory" of="first_two" says="the sums of all pairs were added up" keeps=2.5
# -         activations = sum(outputs[:2])
# +         activations = sum(map(sum, zip(outputs, outputs[1:])))
# %% wrong="last_output_not_kept" exercise="predict_memory" of="activations_doubled" says="also of the first and the last" keeps=2.5
# -         activations = 2 * sum(outputs)
# +         activations = sum(outputs[:-1])
# %% wrong="no_pair_no_bytes" exercise="predict_memory" says="a table of one row has no pair" values_right="true" keeps=5
# -     neighbours = [sum(outputs[place : place + 2]) for place in range(max(1, len(outputs) - 1))]
# +     neighbours = [0, *(a + b for a, b in zip(outputs, outputs[1:]))]
# %% wrong="largest_of_one_image" exercise="predict_memory" of="inference_keeps_the_largest" says="also: only the largest output was counted"
# -     outputs = [row["kib"] * 1024 * batch_size for row in table]
# +     outputs = [row["kib"] * 1024 for row in table]
# %% wrong="sum_in_both_modes" exercise="largest_batch" of="rounded_up" says="an output may go when the next layer has read it"
# -         1024 * (sum(kib) if training else max(map(sum, zip(kib, kib[1:])), default=kib[0]))
# +         1024 * sum(kib)
#
# -     return max(0, math.ceil((budget - fixed) / per_image))
# +     return max(0, (budget - fixed) // per_image)
# %% wrong="activations_in_kib" exercise="largest_batch" of="by_itself" says="these are KiB"
# -     return max(0, (budget - fixed) // per_image)
# +     return max(0, int((budget - fixed) // (per_image / 1024)))
# %% wrong="budget_in_kib" exercise="largest_batch" of="by_itself" says="the budget is in bytes"
# -     return max(0, (budget - fixed) // per_image)
# +     return max(0, (1024 * budget - fixed) // per_image)
# %% wrong="whole_price_as_slope" exercise="largest_batch" of="by_itself" says="the fixed price is paid once"
# -     return max(0, (budget - fixed) // per_image)
# +     return max(0, (budget - fixed) // (fixed + per_image))
# %% wrong="rounded" exercise="arithmetic_intensity" of="numbers_for_bytes" says="the quotient was rounded"
# -     return flop / numbers
# +     return round(flop / (4 * numbers), 1)
# %% wrong="both_factors_forgotten" exercise="arithmetic_intensity" of="numbers_for_bytes" says="a multiply-add is two"
# -     flop = 2 * batch_size * row["macs"]
# +     flop = batch_size * row["macs"]
# %% wrong="batch_on_parameters" exercise="arithmetic_intensity" says="the batch stands at the wrong one"
# -     numbers = row["params"] + batch_size * (row["inputs"] + row["outputs"])
# +     numbers = batch_size * row["params"] + row["inputs"] + row["outputs"]
# %% wrong="other_side_of_the_ridge" exercise="roofline_seconds" says="some layers were given the shorter"
# -         seconds += max(operations / flops, moved / bandwidth)
# +         seconds += operations / flops if operations / moved > bandwidth / flops else moved / bandwidth
# %% wrong="bytes_times_bandwidth" exercise="roofline_seconds" says="time is an amount divided by a speed"
# -         seconds += max(operations / flops, moved / bandwidth)
# +         seconds += max(operations / flops, moved * bandwidth)
# %% wrong="batch_twice" exercise="roofline_seconds" says="hold already"
# -     return seconds
# +     return batch_size * seconds
# %% wrong="zero_weights" exercise="MyNet" of="tiny" says="the weights of a layer are all equal" keeps=2
#           self.head = nn.Linear(2, num_classes)
# +         nn.init.zeros_(self.conv.weight)
# %% wrong="huge_weights" exercise="MyNet" of="linear" says="it hardly learns" keeps=2
# -         self.head = nn.Linear(64, num_classes)
# +         self.head = nn.Sequential(nn.Linear(64, 32), nn.Sigmoid(), nn.Linear(32, num_classes))
# +         for parameter in self.parameters():
# +             nn.init.normal_(parameter, std=50.0)
