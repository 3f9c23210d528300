# Answers to the exercises of this topic: wrong ones that must lose points and be named, and right ones in another style
# that must not. Each cell replaces the exercise's cell.

# %% misconception="unbiased_variance" exercise="batchnorm_train" says="N - 1"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta, mean, var


# %% misconception="unbiased_variance_in_y_only" exercise="batchnorm_train" says="N - 1"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta, mean, x.var(0, correction=0)


# %% misconception="unbiased_variance_returned" exercise="batchnorm_train" says="N - 1"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    y = F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)
    return y, x.mean(0), x.var(0)


# %% misconception="averages_over_features" exercise="batchnorm_train" says="layer normalization"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(1, keepdim=True), x.var(1, correction=0, keepdim=True)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta, mean, var


# %% misconception="averages_over_features_without_keepdim" exercise="batchnorm_train" says="average over the examples"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    if x.shape[0] != x.shape[1]:
        x = x[:, : x.shape[0]]
    mean, var = x.mean(1), x.var(1, correction=0)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta, mean, var


# %% misconception="one_mean_for_everything" exercise="batchnorm_train" says="whole batch"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(), x.var(correction=0)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta, mean, var


# %% misconception="no_eps" exercise="batchnorm_train" says="eps is missing"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0, correction=0)
    return gamma * (x - mean) / torch.sqrt(var) + beta, mean, var


# %% misconception="eps_outside_the_root" exercise="batchnorm_train" says="eps stands outside the root"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0, correction=0)
    return gamma * (x - mean) / (torch.sqrt(var) + eps) + beta, mean, var


# %% misconception="torch_std_plus_eps" exercise="batchnorm_train" says="eps stands outside the root"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, std = x.mean(0), x.std(0)
    return gamma * (x - mean) / (std + eps) + beta, mean, std**2


# %% misconception="eps_hard_coded" exercise="batchnorm_train" says="eps is a fixed 1e-5"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0, correction=0)
    return gamma * (x - mean) / torch.sqrt(var + 1e-5) + beta, mean, var


# %% misconception="divides_by_the_variance" exercise="batchnorm_train" says="divided by the variance"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0, correction=0)
    return gamma * (x - mean) / (var + eps) + beta, mean, var


# %% misconception="gamma_and_beta_ignored" exercise="batchnorm_train" says="gamma and beta are not used"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0, correction=0)
    return (x - mean) / torch.sqrt(var + eps), mean, var


# %% misconception="gamma_ignored" exercise="batchnorm_train" says="gamma is not used"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0, correction=0)
    return (x - mean) / torch.sqrt(var + eps) + beta, mean, var


# %% misconception="beta_ignored" exercise="batchnorm_train" says="beta is not used"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0, correction=0)
    return gamma * (x - mean) / torch.sqrt(var + eps), mean, var


# %% misconception="gamma_and_beta_swapped" exercise="batchnorm_train" says="swapped"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0, correction=0)
    return beta * (x - mean) / torch.sqrt(var + eps) + gamma, mean, var


# %% misconception="shift_before_scale" exercise="batchnorm_train" says="beta is added before gamma"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0, correction=0)
    return gamma * ((x - mean) / torch.sqrt(var + eps) + beta), mean, var


# %% misconception="scaled_before_normalizing" exercise="batchnorm_train" says="before it was normalized"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    z = gamma * x + beta
    y = (z - z.mean(0)) / torch.sqrt(z.var(0, correction=0) + eps)
    return y, x.mean(0), x.var(0, correction=0)


# %% misconception="mean_not_subtracted" exercise="batchnorm_train" says="the mean was not subtracted"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0, correction=0)
    return gamma * x / torch.sqrt(var + eps) + beta, mean, var


# %% misconception="mean_square_for_variance" exercise="batchnorm_train" says="the variance is about the mean"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), (x**2).mean(0)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta, mean, var


# %% misconception="std_returned_for_variance" exercise="batchnorm_train" says="this is the standard deviation"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0, correction=0)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta, mean, torch.sqrt(var)


# %% misconception="eps_in_the_returned_variance" exercise="batchnorm_train" says="eps was added to it"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0, correction=0) + eps
    return gamma * (x - mean) / torch.sqrt(var) + beta, mean, var


# %% misconception="returns_in_wrong_order" exercise="batchnorm_train" says="in the wrong order"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0, correction=0)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta, var, mean


# %% misconception="statistics_keep_the_axis" exercise="batchnorm_train" says="keepdim"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0, keepdim=True), x.var(0, correction=0, keepdim=True)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta, mean, var


# %% misconception="returns_y_alone" exercise="batchnorm_train" says="returns 3 values"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    return F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)


# %% misconception="statistics_detached" exercise="batchnorm_train" says="they depend on x too"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    with torch.no_grad():
        mean, var = x.mean(0), x.var(0, correction=0)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta, mean, var


# %% misconception="no_gradient_at_all" exercise="batchnorm_train" says="gradients flow"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    with torch.no_grad():
        mean, var = x.mean(0), x.var(0, correction=0)
        return gamma * (x - mean) / torch.sqrt(var + eps) + beta, mean, var


# %% misconception="x_changed_in_place" exercise="batchnorm_train" says="in place"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0, correction=0)
    y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
    x -= mean
    return y, mean, var


# %% misconception="everything_in_float32" exercise="batchnorm_train" says="dtype"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    x = x.float()
    mean, var = x.mean(0), x.var(0, correction=0)
    return gamma.float() * (x - mean) / torch.sqrt(var + eps) + beta.float(), mean, var


# %% misconception="everything_in_float64" exercise="batchnorm_train" says="dtype"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    x = x.double()
    mean, var = x.mean(0), x.var(0, correction=0)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta, mean, var


# %% misconception="statistics_in_float64" exercise="batchnorm_train" says="mean for float32 arguments"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0, correction=0)
    y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
    return y, mean.double(), var.double()


# %% misconception="y_returned_last" exercise="batchnorm_train" says="in the wrong order; return y, mean, var"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0, correction=0)
    y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
    return mean, var, y


# %% misconception="returns_a_dict" exercise="batchnorm_train" says="a dict of 3 items came; return a tuple"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0, correction=0)
    y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
    return {"y": y, "mean": mean, "var": var}


# %% misconception="returns_a_generator" exercise="batchnorm_train" says="an object of type generator came; return a tuple"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0, correction=0)
    y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
    return (value for value in (y, mean, var))


# %% misconception="float32_on_the_way" exercise="batchnorm_train" says="it was computed in float32 on the way"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0, correction=0)
    x_hat = ((x - mean) / torch.sqrt(var + eps)).float()
    return gamma * x_hat + beta, mean, var


# %% misconception="root_by_power_without_parentheses" exercise="batchnorm_train" says="** 1/2 is ** 1"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(dim=0), x.var(dim=0, correction=0)
    return gamma * (x - mean) / (var + eps) ** 1 / 2 + beta, mean, var


# %% misconception="eps_twice" exercise="batchnorm_train" says="eps was added twice"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean = x.mean(dim=0)
    var = x.var(dim=0, correction=0) + eps
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta, mean, var - eps


# %% misconception="divisor_returned_for_variance" exercise="batchnorm_train" says="this is the standard deviation"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean = x.mean(dim=0)
    std = torch.sqrt(x.var(dim=0, correction=0) + eps)
    return gamma * (x - mean) / std + beta, mean, std


# %% variant="var_mean" exercise="batchnorm_train"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    var, mean = torch.var_mean(x, dim=0, unbiased=False)
    return torch.addcmul(beta, gamma, (x - mean) * torch.rsqrt(var + eps)), mean, var


# %% variant="einsum" exercise="batchnorm_train"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    n = x.shape[0]
    mean = torch.einsum("nd->d", x) / n
    centred = x - mean
    var = torch.einsum("nd,nd->d", centred, centred) / n
    return torch.einsum("nd,d->nd", centred, gamma / (var + eps) ** 0.5) + beta, mean, var


# %% variant="loops" exercise="batchnorm_train"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    n, d = x.shape
    columns, means, variances = [], [], []
    for j in range(d):
        mean = sum(x[i, j] for i in range(n)) / n
        var = sum((x[i, j] - mean) ** 2 for i in range(n)) / n
        columns.append(gamma[j] * (x[:, j] - mean) / (var + eps).sqrt() + beta[j])
        means.append(mean)
        variances.append(var)
    return [torch.stack(columns, dim=1), torch.stack(means), torch.stack(variances)]


# %% variant="one_pass_variance" exercise="batchnorm_train"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean = torch.mean(x, 0, keepdim=True)
    var = torch.mean(x * x, 0, keepdim=True) - mean * mean
    y = (x - mean) / torch.sqrt(var + eps) * gamma.view(1, -1) + beta.view(1, -1)
    return y, mean.squeeze(0), var.squeeze(0)


# %% variant="computes_in_float64" exercise="batchnorm_train"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    wide = x.double()
    mean, var = wide.mean(0), wide.var(0, correction=0)
    y = gamma.double() * (wide - mean) / torch.sqrt(var + eps) + beta.double()
    return y.to(x.dtype), mean.to(x.dtype), var.to(x.dtype)


# %% variant="torch_functional" exercise="batchnorm_train"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    return F.batch_norm(x, None, None, gamma, beta, True, eps=eps), x.mean(0), x.var(0, unbiased=False)


# %% misconception="statistics_are_constants" exercise="batchnorm_backward" says="taken for constants"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    x_hat = (x - x.mean(0)) / s
    return gamma * dy / s, (dy * x_hat).sum(0), dy.sum(0)


# %% misconception="variance_path_missing" exercise="batchnorm_backward" says="the path through the variance is missing"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    x_hat = (x - x.mean(0)) / s
    return gamma / s * (dy - dy.mean(0)), (dy * x_hat).sum(0), dy.sum(0)


# %% misconception="mean_path_missing" exercise="batchnorm_backward" says="the path through the mean is missing"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    x_hat = (x - x.mean(0)) / s
    return gamma / s * (dy - x_hat * (dy * x_hat).mean(0)), (dy * x_hat).sum(0), dy.sum(0)


# %% misconception="sums_for_means" exercise="batchnorm_backward" says="sums stand where means"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    x_hat = (x - x.mean(0)) / s
    dgamma, dbeta = (dy * x_hat).sum(0), dy.sum(0)
    return gamma / s * (dy - dbeta - x_hat * dgamma), dgamma, dbeta


# %% misconception="mean_path_summed" exercise="batchnorm_backward" says="sums stand where means"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    x_hat = (x - x.mean(0)) / s
    dgamma, dbeta = (dy * x_hat).sum(0), dy.sum(0)
    return gamma / s * (dy - dbeta - x_hat * dgamma / len(x)), dgamma, dbeta


# %% misconception="sign_of_the_variance_path" exercise="batchnorm_backward" says="a sign is wrong"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    x_hat = (x - x.mean(0)) / s
    dgamma, dbeta = (dy * x_hat).sum(0), dy.sum(0)
    return gamma / s * (dy - dbeta / len(x) + x_hat * dgamma / len(x)), dgamma, dbeta


# %% misconception="gamma_missing_in_dx" exercise="batchnorm_backward" says="gamma is missing"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    x_hat = (x - x.mean(0)) / s
    dgamma, dbeta = (dy * x_hat).sum(0), dy.sum(0)
    return (dy - dbeta / len(x) - x_hat * dgamma / len(x)) / s, dgamma, dbeta


# %% misconception="dx_not_divided_by_the_std" exercise="batchnorm_backward" says="the factor 1 / sqrt(var + eps) is missing"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    x_hat = (x - x.mean(0)) / s
    dgamma, dbeta = (dy * x_hat).sum(0), dy.sum(0)
    return gamma * (dy - dbeta / len(x) - x_hat * dgamma / len(x)), dgamma, dbeta


# %% misconception="dx_divided_by_the_variance" exercise="batchnorm_backward" says="divided by the variance"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    v = x.var(0, correction=0) + eps
    x_hat = (x - x.mean(0)) / v.sqrt()
    dgamma, dbeta = (dy * x_hat).sum(0), dy.sum(0)
    return gamma / v * (dy - dbeta / len(x) - x_hat * dgamma / len(x)), dgamma, dbeta


# %% misconception="no_eps_in_the_backward_pass" exercise="batchnorm_backward" says="eps is missing"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = x.std(0, correction=0)
    x_hat = (x - x.mean(0)) / s
    dgamma, dbeta = (dy * x_hat).sum(0), dy.sum(0)
    return gamma / s * (dy - dbeta / len(x) - x_hat * dgamma / len(x)), dgamma, dbeta


# %% misconception="eps_hard_coded_in_the_backward_pass" exercise="batchnorm_backward" says="fixed 1e-5"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + 1e-5)
    x_hat = (x - x.mean(0)) / s
    dgamma, dbeta = (dy * x_hat).sum(0), dy.sum(0)
    return gamma / s * (dy - dbeta / len(x) - x_hat * dgamma / len(x)), dgamma, dbeta


# %% misconception="unbiased_variance_in_the_backward_pass" exercise="batchnorm_backward" says="N - 1"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0) + eps)
    x_hat = (x - x.mean(0)) / s
    dgamma, dbeta = (dy * x_hat).sum(0), dy.sum(0)
    return gamma / s * (dy - dbeta / len(x) - x_hat * dgamma / len(x)), dgamma, dbeta


# %% misconception="unbiased_variance_in_dx_only" exercise="batchnorm_backward" says="N - 1"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    dgamma, dbeta = (dy * (x - x.mean(0)) / s).sum(0), dy.sum(0)
    s = torch.sqrt(x.var(0) + eps)
    x_hat = (x - x.mean(0)) / s
    return gamma / s * (dy - dy.mean(0) - x_hat * (dy * x_hat).mean(0)), dgamma, dbeta


# %% misconception="dgamma_and_dbeta_averaged" exercise="batchnorm_backward" says="so sum"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    x_hat = (x - x.mean(0)) / s
    dgamma, dbeta = (dy * x_hat).mean(0), dy.mean(0)
    return gamma / s * (dy - dbeta - x_hat * dgamma), dgamma, dbeta


# %% misconception="dgamma_with_x" exercise="batchnorm_backward" says="gamma multiplies the normalized x"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    x_hat = (x - x.mean(0)) / s
    dx = gamma / s * (dy - dy.mean(0) - x_hat * (dy * x_hat).mean(0))
    return dx, (dy * x).sum(0), dy.sum(0)


# %% misconception="dgamma_with_centred_x" exercise="batchnorm_backward" says="not yet divided"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    x_hat = (x - x.mean(0)) / s
    dx = gamma / s * (dy - dy.mean(0) - x_hat * (dy * x_hat).mean(0))
    return dx, (dy * (x - x.mean(0))).sum(0), dy.sum(0)


# %% misconception="dgamma_times_gamma" exercise="batchnorm_backward" says="gamma multiplies the normalized x"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    x_hat = (x - x.mean(0)) / s
    dx = gamma / s * (dy - dy.mean(0) - x_hat * (dy * x_hat).mean(0))
    return dx, (dy * x_hat * gamma).sum(0), dy.sum(0)


# %% misconception="dbeta_times_gamma" exercise="batchnorm_backward" says="beta is added after gamma has multiplied"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    x_hat = (x - x.mean(0)) / s
    dx = gamma / s * (dy - dy.mean(0) - x_hat * (dy * x_hat).mean(0))
    return dx, (dy * x_hat).sum(0), (gamma * dy).sum(0)


# %% misconception="dgamma_and_dbeta_swapped" exercise="batchnorm_backward" says="in the wrong order"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    x_hat = (x - x.mean(0)) / s
    dx = gamma / s * (dy - dy.mean(0) - x_hat * (dy * x_hat).mean(0))
    return dx, dy.sum(0), (dy * x_hat).sum(0)


# %% misconception="dgamma_not_summed" exercise="batchnorm_backward" says="the sum over the batch is missing"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    x_hat = (x - x.mean(0)) / s
    dx = gamma / s * (dy - dy.mean(0) - x_hat * (dy * x_hat).mean(0))
    return dx, dy * x_hat, dy.sum(0)


# %% misconception="by_autograd" exercise="batchnorm_backward" says="by hand: its answer may not"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    with torch.enable_grad():
        x, gamma = x.detach().requires_grad_(), gamma.detach().requires_grad_()
        beta = torch.zeros_like(gamma, requires_grad=True)
        y = F.batch_norm(x, None, None, gamma, beta, True, eps=eps)
        return torch.autograd.grad(y, (x, gamma, beta), dy)


# %% misconception="dy_changed_in_place" exercise="batchnorm_backward" says="in place"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    x_hat = (x - x.mean(0)) / s
    dgamma, dbeta = (dy * x_hat).sum(0), dy.sum(0)
    dy *= gamma
    return (dy - dy.mean(0) - x_hat * (dy * x_hat).mean(0)) / s, dgamma, dbeta


# %% misconception="another_default_of_eps" exercise="batchnorm_backward" says="with eps left out"
def batchnorm_backward(dy, x, gamma, eps=1e-3):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    x_hat = (x - x.mean(0)) / s
    dgamma, dbeta = (dy * x_hat).sum(0), dy.sum(0)
    dx = gamma / s * (dy - dbeta / len(x) - x_hat * dgamma / len(x))
    return dx, dgamma, dbeta


# %% misconception="dx_returned_last" exercise="batchnorm_backward" says="in the wrong order; return dx, dgamma, dbeta"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    x_hat = (x - x.mean(0)) / s
    dgamma, dbeta = (dy * x_hat).sum(0), dy.sum(0)
    dx = gamma / s * (dy - dbeta / len(x) - x_hat * dgamma / len(x))
    return dgamma, dbeta, dx


# %% misconception="by_a_name_looked_up" exercise="batchnorm_backward" says="by hand: its answer may not"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    var, mean = torch.var_mean(x, 0, correction=0)
    by_torch = getattr(torch.ops.aten, "native_batch_norm_" + "backward")
    return by_torch(dy, x, gamma, None, None, mean, torch.rsqrt(var + eps), True, eps, [True, True, True])


# %% misconception="power_without_parentheses" exercise="batchnorm_backward" says="-3/2 needs parentheses"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    n, mean, var = len(x), x.mean(dim=0), x.var(dim=0, correction=0)
    std = torch.sqrt(var + eps)
    x_hat = (x - mean) / std
    dx_hat = gamma * dy
    dvar = -0.5 * (dx_hat * (x - mean)).sum(dim=0) * (var + eps) ** -3 / 2
    dmean = -dx_hat.sum(dim=0) / std
    dx = dx_hat / std + 2 * (x - mean) * dvar / n + dmean / n
    return dx, (dy * x_hat).sum(dim=0), dy.sum(dim=0)


# %% misconception="power_of_the_root" exercise="batchnorm_backward" says="or write -1.5"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    n, mean, var = len(x), x.mean(dim=0), x.var(dim=0, correction=0)
    std = torch.sqrt(var + eps)
    x_hat = (x - mean) / std
    dx_hat = gamma * dy
    dvar = -0.5 * (dx_hat * (x - mean)).sum(dim=0) * (var + eps) ** -0.5
    dmean = -dx_hat.sum(dim=0) / std
    dx = dx_hat / std + 2 * (x - mean) * dvar / n + dmean / n
    return dx, (dy * x_hat).sum(dim=0), dy.sum(dim=0)


# %% misconception="factor_of_the_square_missing" exercise="batchnorm_backward" says="the square brings 2"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    n, mean, var = len(x), x.mean(dim=0), x.var(dim=0, correction=0)
    std = torch.sqrt(var + eps)
    x_hat = (x - mean) / std
    dx_hat = gamma * dy
    dvar = -0.5 * (dx_hat * (x - mean)).sum(dim=0) * (var + eps) ** -1.5
    dmean = -dx_hat.sum(dim=0) / std
    dx = dx_hat / std + (x - mean) * dvar / n + dmean / n
    return dx, (dy * x_hat).sum(dim=0), dy.sum(dim=0)


# %% misconception="sum_in_dvar_missing" exercise="batchnorm_backward" says="the sum over the batch is missing on the path"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    n, mean, var = len(x), x.mean(dim=0), x.var(dim=0, correction=0)
    std = torch.sqrt(var + eps)
    x_hat = (x - mean) / std
    dx_hat = gamma * dy
    dvar = -0.5 * dx_hat * (x - mean) * (var + eps) ** -1.5
    dmean = -dx_hat.sum(dim=0) / std
    dx = dx_hat / std + 2 * (x - mean) * dvar / n + dmean / n
    return dx, (dy * x_hat).sum(dim=0), dy.sum(dim=0)


# %% misconception="gamma_on_the_direct_path_only" exercise="batchnorm_backward" says="gamma is missing on the paths"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    inverse_std = torch.rsqrt(x.var(dim=0, correction=0) + eps)
    x_hat = (x - x.mean(dim=0)) * inverse_std
    dgamma, dbeta = (dy * x_hat).sum(dim=0), dy.sum(dim=0)
    return inverse_std * (gamma * dy - dbeta / len(x) - x_hat * dgamma / len(x)), dgamma, dbeta


# %% misconception="centred_x_on_the_path_through_the_variance" exercise="batchnorm_backward" says="x - mean stands where"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    centred = x - x.mean(dim=0)
    inverse_std = torch.rsqrt(x.var(dim=0, correction=0) + eps)
    dgamma, dbeta = (dy * centred * inverse_std).sum(dim=0), dy.sum(dim=0)
    return gamma * inverse_std * (dy - dbeta / len(x) - centred * dgamma / len(x)), dgamma, dbeta


# %% misconception="by_functorch" exercise="batchnorm_backward" says="by hand: its answer may not"
from functorch import grad


def batchnorm_backward(dy, x, gamma, eps=1e-5):
    def loss(x, gamma, beta):
        return (dy * F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)).sum()

    return grad(loss, argnums=(0, 1, 2))(x, gamma, torch.zeros_like(gamma))


# %% variant="step_by_step" exercise="batchnorm_backward"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    n = x.shape[0]
    mean = x.sum(0) / n
    centred = x - mean
    var = (centred**2).sum(0) / n
    root = torch.sqrt(var + eps)
    dbeta = dy.sum(0)
    dgamma = (dy * centred / root).sum(0)
    dx_hat = dy * gamma
    dvar = (dx_hat * centred).sum(0) * -0.5 * root**-3
    dmean = -(dx_hat / root).sum(0) + dvar * (-2 * centred).sum(0) / n
    return dx_hat / root + 2 * centred * dvar / n + dmean / n, dgamma, dbeta


# %% variant="einsum" exercise="batchnorm_backward"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    var, mean = torch.var_mean(x, dim=0, correction=0)
    inverse = torch.rsqrt(var + eps)
    x_hat = torch.einsum("nd,d->nd", x - mean, inverse)
    dgamma = torch.einsum("nd,nd->d", dy, x_hat)
    dbeta = torch.einsum("nd->d", dy)
    dx = torch.einsum("d,nd->nd", gamma * inverse / len(x), len(x) * dy - dbeta - x_hat * dgamma)
    return dx, dgamma, dbeta


# %% variant="jacobian_per_feature" exercise="batchnorm_backward"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    n, d = x.shape
    dx, dgamma, dbeta = torch.empty_like(x), torch.empty_like(gamma), torch.empty_like(gamma)
    for j in range(d):
        s = (x[:, j].var(correction=0) + eps) ** 0.5
        x_hat = (x[:, j] - x[:, j].mean()) / s
        eye = torch.eye(n, dtype=x.dtype)
        jacobian = (eye - 1 / n - torch.outer(x_hat, x_hat) / n) / s
        dx[:, j] = gamma[j] * (jacobian @ dy[:, j])
        dgamma[j] = dy[:, j] @ x_hat
        dbeta[j] = dy[:, j].sum()
    return dx, dgamma, dbeta


# %% variant="own_names_that_torch_has_too" exercise="batchnorm_backward"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    def func(values):
        return values - values.mean(dim=0)

    centred = func(x)
    inverse_std = torch.rsqrt(centred.square().mean(dim=0) + eps)
    x_hat = centred * inverse_std
    backward = func(dy) - x_hat * (dy * x_hat).mean(dim=0)
    return gamma * inverse_std * backward, (dy * x_hat).sum(dim=0), dy.sum(dim=0)


# %% misconception="unbiased_variance_in_training" exercise="BatchNorm" says="N - 1" keeps=1
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="biased_running_variance" exercise="BatchNorm" says="the biased variance went in" keeps=2
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="correction_by_batch_size" exercise="BatchNorm" says="n is the batch size" keeps=2
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = len(x)
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="running_standard_deviation" exercise="BatchNorm" says="the standard deviation went in" keeps=2
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * (var * n / (n - 1)).sqrt()
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="eps_in_the_running_variance" exercise="BatchNorm" says="eps went in" keeps=2
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * (
                    var * n / (n - 1) + self.eps
                )
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="momentum_the_wrong_way_round" exercise="BatchNorm" says="momentum is the wrong way round" keeps=2
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean
                self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="momentum_hard_coded" exercise="BatchNorm" says="momentum is a fixed 0.1" keeps=2
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, 0.1
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="running_statistics_overwritten" exercise="BatchNorm" says="it became the value of this batch" keeps=1
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = mean
                self.running_var = var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="running_statistics_never_updated" exercise="BatchNorm" says="it did not change" keeps=2
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="old_value_keeps_full_weight" exercise="BatchNorm" says="the old value keeps its full weight" keeps=2
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = self.running_mean + self.momentum * mean
                self.running_var = self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="only_the_mean_is_updated" exercise="BatchNorm" says="running_var after a step" keeps=2
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="running_variance_starts_at_zero" exercise="BatchNorm" says="it starts at 0"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.zeros(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="weight_starts_at_zero" exercise="BatchNorm" says="it starts at 0"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.zeros(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="statistics_are_plain_attributes" exercise="BatchNorm" says="use self.register_buffer"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.running_mean = torch.zeros(num_features)
        self.running_var = torch.ones(num_features)

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="statistics_not_saved" exercise="BatchNorm" says="use self.register_buffer"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features), persistent=False)
        self.register_buffer("running_var", torch.ones(num_features), persistent=False)

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="statistics_are_parameters" exercise="BatchNorm" says="an optimizer would change them"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.running_mean = nn.Parameter(torch.zeros(num_features))
        self.running_var = nn.Parameter(torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean.data = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var.data = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="parameters_are_plain_tensors" exercise="BatchNorm" says="wrap them in nn.Parameter"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = torch.ones(num_features, requires_grad=True)
        self.bias = torch.zeros(num_features, requires_grad=True)
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="parameters_are_buffers" exercise="BatchNorm" says="no optimizer would train them"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.register_buffer("weight", torch.ones(num_features))
        self.register_buffer("bias", torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="names_gamma_and_beta" exercise="BatchNorm" says="name them weight and bias"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.gamma = nn.Parameter(torch.ones(num_features))
        self.beta = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.gamma.view(shape) * x_hat + self.beta.view(shape)


# %% misconception="statistics_shaped_for_images" exercise="BatchNorm" says="running_mean of a new layer"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(1, num_features, 1, 1))
        self.register_buffer("running_var", torch.ones(1, num_features, 1, 1))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="gamma_and_beta_ignored" exercise="BatchNorm" says="gamma and beta are not used"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return x_hat


# %% misconception="scaled_before_normalizing" exercise="BatchNorm" says="before it was normalized"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight, self.bias = nn.Parameter(torch.ones(num_features)), nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        shape = [1, -1] + [1] * (x.ndim - 2)
        x = self.weight.view(shape) * x + self.bias.view(shape)
        if not self.training:
            mean, var = self.running_mean.view(shape), self.running_var.view(shape)
            return (x - mean) / torch.sqrt(var + self.eps)
        axes = [0, *range(2, x.ndim)]
        mean, var = x.mean(axes), x.var(axes, correction=0)
        n = x.numel() // x.shape[1]
        with torch.no_grad():
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(var * n / (n - 1), self.momentum)
        return (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)


# %% misconception="gamma_and_beta_swapped" exercise="BatchNorm" says="swapped"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.bias.view(shape) * x_hat + self.weight.view(shape)


# %% misconception="no_eps" exercise="BatchNorm" says="eps is missing"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape))
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="eps_hard_coded" exercise="BatchNorm" says="eps is a fixed 1e-5"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = 1e-5, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="eps_outside_the_root" exercise="BatchNorm" says="eps stands outside the root"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / (torch.sqrt(var.view(shape)) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="eval_uses_the_batch" exercise="BatchNorm" says="the statistics of the batch were used" keeps=1
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        mean, var = x.mean(axes), x.var(axes, correction=0)
        if self.training:
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="eval_keeps_updating" exercise="BatchNorm" says="only a step in training mode" keeps=2
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        mean, var = self.running_mean, self.running_var
        batch_mean, batch_var = x.mean(axes), x.var(axes, correction=0)
        n = max(x.numel() / x.shape[1], 2)
        with torch.no_grad():
            self.running_mean = (1 - self.momentum) * mean + self.momentum * batch_mean
            self.running_var = (1 - self.momentum) * var + self.momentum * batch_var * n / (n - 1)
        if self.training:
            mean, var = batch_mean, batch_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="train_uses_the_running_statistics" exercise="BatchNorm" says="the running statistics were used" keeps=1
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="mode_from_grad_enabled" exercise="BatchNorm" says="torch.is_grad_enabled()"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if torch.is_grad_enabled():
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="eval_divides_by_the_variance" exercise="BatchNorm" says="not by its root" keeps=1
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / (
            torch.sqrt(var.view(shape) + self.eps) if self.training else var.view(shape) + self.eps
        )
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="eval_without_eps" exercise="BatchNorm" says="eps is missing" keeps=1
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.training * self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="instance_norm_for_images" exercise="BatchNorm" says="instance normalization" keeps=1
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        if x.ndim == 4 and self.training:
            mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3))
            with torch.no_grad():
                self.running_mean.lerp_(mean, self.momentum)
                self.running_var.lerp_(var, self.momentum)
            return F.instance_norm(x, weight=self.weight, bias=self.bias, eps=self.eps)
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="statistics_per_pixel" exercise="BatchNorm" says="every pixel has its own mean" keeps=1
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        if x.ndim == 4 and self.training:
            mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3))
            with torch.no_grad():
                self.running_mean.lerp_(mean, self.momentum)
                self.running_var.lerp_(var, self.momentum)
            var, mean = torch.var_mean(x, 0, correction=0)
            x_hat = (x - mean) / torch.sqrt(var + self.eps)
            return self.weight.view(1, -1, 1, 1) * x_hat + self.bias.view(1, -1, 1, 1)
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="layer_norm_over_features" exercise="BatchNorm" says="layer normalization" keeps=1
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        if self.training:
            var, mean = torch.var_mean(x, list(range(1, x.ndim)), correction=0, keepdim=True)
            x_hat = (x - mean) / torch.sqrt(var + self.eps)
        else:
            x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="running_statistics_carry_gradients" exercise="BatchNorm" says="the running statistics carry no gradient" keeps=2
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
            self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="statistics_detached" exercise="BatchNorm" says="they depend on x too" keeps=2
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.detach().mean(axes), x.detach().var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="weight_through_data" exercise="BatchNorm" says="a gradient reaches weight" keeps=2
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.data.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="x_changed_in_place" exercise="BatchNorm" says="in place"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x -= mean.view(shape)
        x_hat = x / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="another_default_of_eps" exercise="BatchNorm" says="with eps=1e-05" keeps=1
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1.0, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="another_default_of_momentum" exercise="BatchNorm" says="momentum is the wrong way round" keeps=2
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.9):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="momentum_before_eps" exercise="BatchNorm" says="the order is num_features, eps, momentum" keeps=1
class BatchNorm(nn.Module):
    def __init__(self, num_features, momentum=0.1, eps=1e-5):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="computes_in_float64" exercise="BatchNorm" says="dtype" keeps=1
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        x = x.double()
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="running_statistics_in_float64" exercise="BatchNorm" says="running_mean of a new BatchNorm" keeps=2
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean.double()
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var.double() * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="a_flag_of_its_own" exercise="BatchNorm" says="read self.training" keeps=2
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.by_batch = True

    def train(self, mode=True):
        self.by_batch = True
        return self

    def eval(self):
        self.by_batch = False
        return self

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.by_batch:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="eval_keeps_the_root" exercise="BatchNorm" says="gets stale" keeps=2
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def train(self, mode=True):
        self.std = None if mode else torch.sqrt(self.running_var + self.eps)
        return super().train(mode)

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.std**2 - self.eps
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="buffers_shared_by_all_layers" exercise="BatchNorm" says="both layers hold the same tensor" keeps=2
class BatchNorm(nn.Module):
    zeros, ones = torch.zeros(100), torch.ones(100)

    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", self.zeros[:num_features].zero_())
        self.register_buffer("running_var", self.ones[:num_features].fill_(1))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel() / x.shape[1]
            with torch.no_grad():
                self.running_mean.lerp_(mean, self.momentum)
                self.running_var.lerp_(var * n / (n - 1), self.momentum)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="correction_by_all_values" exercise="BatchNorm" says="n is not the number of values per channel" keeps=2
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        axes = [0] if x.ndim == 2 else [0, 2, 3]
        shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
        if self.training:
            mean, var = x.mean(axes), x.var(axes, correction=0)
            n = x.numel()
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.weight.view(shape) * x_hat + self.bias.view(shape)


# %% misconception="reshape_mixes_channels" exercise="BatchNorm" says="reshape(-1, C)"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        rows = x.reshape(-1, x.shape[1])
        if self.training:
            mean, var = rows.mean(dim=0), rows.var(dim=0, correction=0)
            n = len(rows)
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
        else:
            mean, var = self.running_mean, self.running_var
        x_hat = (rows - mean) / torch.sqrt(var + self.eps)
        return (self.weight * x_hat + self.bias).reshape(x.shape)


# %% variant="torch_functional" exercise="BatchNorm"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.empty(num_features))
        self.bias = nn.Parameter(torch.empty(num_features))
        nn.init.ones_(self.weight)
        nn.init.zeros_(self.bias)
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x):
        if self.training:
            self.num_batches_tracked += 1
        return F.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, self.training, self.momentum, self.eps
        )


# %% variant="inherits_from_torch" exercise="BatchNorm"
class BatchNorm(nn.modules.batchnorm._BatchNorm):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__(num_features, eps, momentum)

    def _check_input_dim(self, x):
        if x.ndim not in (2, 4):
            raise ValueError("x must have shape (N, C) or (N, C, H, W)")


# %% variant="channels_last" exercise="BatchNorm"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def forward(self, x):
        rows = x.movedim(1, -1)
        flat = rows.reshape(-1, x.shape[1])
        if self.training:
            var, mean = torch.var_mean(flat, dim=0, unbiased=False)
            unbiased = flat.detach().var(dim=0)
            self.running_mean.mul_(1 - self.momentum).add_(self.momentum * mean.detach())
            self.running_var.mul_(1 - self.momentum).add_(self.momentum * unbiased)
        else:
            mean, var = self.running_mean, self.running_var
        y = (flat - mean) * (self.weight * (var + self.eps).rsqrt()) + self.bias
        return y.reshape(rows.shape).movedim(-1, 1)


# %% variant="einsum" exercise="BatchNorm"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps = eps
        self.momentum = momentum
        self.weight = torch.nn.Parameter(torch.full((num_features,), 1.0))
        self.bias = torch.nn.Parameter(torch.full((num_features,), 0.0))
        self.register_buffer("running_mean", torch.full((num_features,), 0.0))
        self.register_buffer("running_var", torch.full((num_features,), 1.0))

    def forward(self, x):
        mean, var = self.statistics(x) if self.training else (self.running_mean, self.running_var)
        scale = self.weight / (var + self.eps) ** 0.5
        return torch.einsum("nc...,c->nc...", x, scale) + self.over_pixels(self.bias - scale * mean, x)

    def statistics(self, x):
        n = x[:, 0].numel()
        mean = torch.einsum("nc...->c", x) / n
        centred = x - self.over_pixels(mean, x)
        var = torch.einsum("nc...,nc...->c", centred, centred) / n
        with torch.no_grad():
            self.running_mean += self.momentum * (mean - self.running_mean)
            self.running_var += self.momentum * (var * n / (n - 1) - self.running_var)
        return mean, var

    @staticmethod
    def over_pixels(values, x):
        while values.ndim < x.ndim - 1:
            values = values.unsqueeze(-1)
        return values


# %% variant="data_attribute_updates" exercise="BatchNorm"
class BatchNorm(nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.register_parameter("weight", nn.Parameter(torch.ones(num_features)))
        self.register_parameter("bias", nn.Parameter(torch.zeros(num_features)))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.eps, self.momentum = eps, momentum

    def forward(self, x):
        if x.dim() == 4:
            n, c, h, w = x.shape
            flat = x.permute(0, 2, 3, 1).reshape(n * h * w, c)
            return self.forward(flat).reshape(n, h, w, c).permute(0, 3, 1, 2)
        mean, var = self.running_mean, self.running_var
        if self.training:
            mean = x.mean(dim=0)
            var = ((x - mean) ** 2).mean(dim=0)
            m = self.momentum
            self.running_mean.data = (1 - m) * self.running_mean.data + m * mean.data
            self.running_var.data = (1 - m) * self.running_var.data + m * var.data * len(x) / (len(x) - 1)
        return self.weight * ((x - mean) / torch.sqrt(var + self.eps)) + self.bias


# %% misconception="no_root" exercise="fuse_conv_bn" says="divide by its root"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma / (running_var + eps)
    bias = 0 if bias is None else bias
    return weight * scale.view(-1, 1, 1, 1), (bias - running_mean) * scale + beta


# %% misconception="multiplied_by_the_root" exercise="fuse_conv_bn" says="was multiplied by the root"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma * (running_var + eps).sqrt()
    bias = 0 if bias is None else bias
    return weight * scale.view(-1, 1, 1, 1), (bias - running_mean) * scale + beta


# %% misconception="no_eps" exercise="fuse_conv_bn" says="eps is missing"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma / running_var.sqrt()
    bias = 0 if bias is None else bias
    return weight * scale.view(-1, 1, 1, 1), (bias - running_mean) * scale + beta


# %% misconception="eps_outside_the_root" exercise="fuse_conv_bn" says="eps stands outside the root"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma / (running_var.sqrt() + eps)
    bias = 0 if bias is None else bias
    return weight * scale.view(-1, 1, 1, 1), (bias - running_mean) * scale + beta


# %% misconception="eps_hard_coded" exercise="fuse_conv_bn" says="eps is a fixed 1e-5"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma / (running_var + 1e-5).sqrt()
    bias = 0 if bias is None else bias
    return weight * scale.view(-1, 1, 1, 1), (bias - running_mean) * scale + beta


# %% misconception="input_channels_scaled" exercise="fuse_conv_bn" says="the input channels were scaled"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma / (running_var + eps).sqrt()
    bias = 0 if bias is None else bias
    return weight * scale.view(1, -1, 1, 1), (bias - running_mean) * scale + beta


# %% misconception="weight_unchanged" exercise="fuse_conv_bn" says="the weight did not change"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma / (running_var + eps).sqrt()
    bias = 0 if bias is None else bias
    return weight, (bias - running_mean) * scale + beta


# %% misconception="old_bias_lost" exercise="fuse_conv_bn" says="the bias of the convolution was lost"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma / (running_var + eps).sqrt()
    return weight * scale.view(-1, 1, 1, 1), beta - running_mean * scale


# %% misconception="old_bias_unscaled" exercise="fuse_conv_bn" says="was added unscaled"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma / (running_var + eps).sqrt()
    bias = 0 if bias is None else bias
    return weight * scale.view(-1, 1, 1, 1), bias + beta - running_mean * scale


# %% misconception="mean_unscaled" exercise="fuse_conv_bn" says="running_mean was not"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma / (running_var + eps).sqrt()
    bias = 0 if bias is None else bias
    return weight * scale.view(-1, 1, 1, 1), bias * scale - running_mean + beta


# %% misconception="mean_not_subtracted" exercise="fuse_conv_bn" says="running_mean was not subtracted"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma / (running_var + eps).sqrt()
    bias = torch.zeros_like(beta) if bias is None else bias
    return weight * scale.view(-1, 1, 1, 1), bias * scale + beta


# %% misconception="mean_added" exercise="fuse_conv_bn" says="running_mean was added"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma / (running_var + eps).sqrt()
    bias = 0 if bias is None else bias
    return weight * scale.view(-1, 1, 1, 1), (bias + running_mean) * scale + beta


# %% misconception="beta_missing" exercise="fuse_conv_bn" says="beta is missing"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma / (running_var + eps).sqrt()
    bias = 0 if bias is None else bias
    return weight * scale.view(-1, 1, 1, 1), (bias - running_mean) * scale


# %% misconception="beta_scaled" exercise="fuse_conv_bn" says="beta was scaled too"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma / (running_var + eps).sqrt()
    bias = 0 if bias is None else bias
    return weight * scale.view(-1, 1, 1, 1), (bias - running_mean + beta) * scale


# %% misconception="gamma_not_used" exercise="fuse_conv_bn" says="gamma was not used"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = 1 / (running_var + eps).sqrt()
    bias = 0 if bias is None else bias
    return weight * scale.view(-1, 1, 1, 1), (bias - running_mean) * scale + beta


# %% misconception="gamma_not_used_in_the_bias" exercise="fuse_conv_bn" says="gamma was not used"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = 1 / (running_var + eps).sqrt()
    bias = 0 if bias is None else bias
    return weight * (gamma * scale).view(-1, 1, 1, 1), (bias - running_mean) * scale + beta


# %% misconception="no_bias_not_foreseen" exercise="fuse_conv_bn" says="bias is None"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma / (running_var + eps).sqrt()
    return weight * scale.view(-1, 1, 1, 1), (bias - running_mean) * scale + beta


# %% misconception="weight_changed_in_place" exercise="fuse_conv_bn" says="in place"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma / (running_var + eps).sqrt()
    bias = 0 if bias is None else bias
    weight *= scale.view(-1, 1, 1, 1)
    return weight, (bias - running_mean) * scale + beta


# %% misconception="another_default_of_eps" exercise="fuse_conv_bn" says="with eps left out"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-3):
    scale = gamma / (running_var + eps).sqrt()
    bias = 0 if bias is None else bias
    return weight * scale.view(-1, 1, 1, 1), (bias - running_mean) * scale + beta


# %% misconception="bias_returned_first" exercise="fuse_conv_bn" says="in the wrong order; return weight, bias"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma / (running_var + eps).sqrt()
    bias = 0 if bias is None else bias
    return (bias - running_mean) * scale + beta, weight * scale.view(-1, 1, 1, 1)


# %% misconception="no_bias_stays_none" exercise="fuse_conv_bn" says="bias=None was returned"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma / torch.sqrt(running_var + eps)
    if bias is not None:
        bias = (bias - running_mean) * scale + beta
    return weight * scale[:, None, None, None], bias


# %% misconception="truth_of_a_tensor" exercise="fuse_conv_bn" says="ask `bias is None`"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma / torch.sqrt(running_var + eps)
    bias = bias or torch.zeros_like(beta)
    return weight * scale[:, None, None, None], (bias - running_mean) * scale + beta


# %% variant="einsum" exercise="fuse_conv_bn"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma * torch.rsqrt(running_var + eps)
    shift = beta - running_mean * scale
    if bias is not None:
        shift = shift + bias * scale
    return [torch.einsum("oikl,o->oikl", weight, scale), shift]


# %% variant="loop_over_filters" exercise="fuse_conv_bn"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    if bias is None:
        bias = torch.zeros(len(weight), dtype=weight.dtype)
    filters, biases = [], []
    for c in range(len(weight)):
        scale = gamma[c] / (running_var[c] + eps) ** 0.5
        filters.append(weight[c] * scale)
        biases.append(scale * (bias[c] - running_mean[c]) + beta[c])
    return torch.stack(filters), torch.stack(biases)


# %% variant="by_probing" exercise="fuse_conv_bn"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    def bn(rows):
        return F.batch_norm(rows, running_mean, running_var, gamma, beta, training=False, eps=eps)

    offset = bn(torch.zeros_like(beta)[None])
    flat = weight.flatten(1).T
    fused_bias = bn((torch.zeros_like(beta) if bias is None else bias)[None])[0]
    return (bn(flat) - offset).T.reshape(weight.shape), fused_bias


# %% misconception="averages_over_the_batch" exercise="layer_norm" says="average over the features"
def layer_norm(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(0), x.var(0, correction=0)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta


# %% misconception="keepdim_forgotten" exercise="layer_norm" says="keepdim=True"
def layer_norm(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(1), x.var(1, correction=0)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta


# %% misconception="one_mean_for_everything" exercise="layer_norm" says="every example has its own"
def layer_norm(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean()) / torch.sqrt(x.var(correction=0) + eps) + beta


# %% misconception="unbiased_variance" exercise="layer_norm" says="N - 1"
def layer_norm(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(1, keepdim=True), x.var(1, keepdim=True)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta


# %% misconception="no_eps" exercise="layer_norm" says="eps is missing"
def layer_norm(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(1, keepdim=True), x.var(1, keepdim=True, correction=0)
    return gamma * (x - mean) / torch.sqrt(var) + beta


# %% misconception="eps_outside_the_root" exercise="layer_norm" says="eps stands outside the root"
def layer_norm(x, gamma, beta, eps=1e-5):
    mean, std = x.mean(1, keepdim=True), x.std(1, keepdim=True, correction=0)
    return gamma * (x - mean) / (std + eps) + beta


# %% misconception="torch_std_plus_eps" exercise="layer_norm" says="with N - 1"
def layer_norm(x, gamma, beta, eps=1e-5):
    mean, std = x.mean(-1, keepdim=True), x.std(-1, keepdim=True)
    return gamma * (x - mean) / (std + eps) + beta


# %% misconception="gamma_and_beta_ignored" exercise="layer_norm" says="gamma and beta are not used"
def layer_norm(x, gamma, beta, eps=1e-5):
    return F.layer_norm(x, x.shape[1:], eps=eps)


# %% misconception="scaled_before_normalizing" exercise="layer_norm" says="before it was normalized"
def layer_norm(x, gamma, beta, eps=1e-5):
    z = gamma * x + beta
    mean, var = z.mean(1, keepdim=True), z.var(1, keepdim=True, correction=0)
    return (z - mean) / torch.sqrt(var + eps)


# %% misconception="gamma_and_beta_swapped" exercise="layer_norm" says="swapped"
def layer_norm(x, gamma, beta, eps=1e-5):
    return F.layer_norm(x, x.shape[1:], beta, gamma, eps)


# %% misconception="gamma_per_example" exercise="layer_norm" says="they belong to the features"
def layer_norm(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(1, keepdim=True), x.var(1, keepdim=True, correction=0)
    return gamma[:, None] * (x - mean) / torch.sqrt(var + eps) + beta[:, None]


# %% misconception="root_mean_square" exercise="layer_norm" says="the mean was not subtracted"
def layer_norm(x, gamma, beta, eps=1e-5):
    var = x.var(1, keepdim=True, correction=0)
    return gamma * x / torch.sqrt(var + eps) + beta


# %% misconception="x_changed_in_place" exercise="layer_norm" says="in place"
def layer_norm(x, gamma, beta, eps=1e-5):
    x -= x.mean(1, keepdim=True)
    return gamma * x / torch.sqrt(x.var(1, keepdim=True, correction=0) + eps) + beta


# %% misconception="statistics_detached" exercise="layer_norm" says="they depend on x too"
def layer_norm(x, gamma, beta, eps=1e-5):
    with torch.no_grad():
        var, mean = torch.var_mean(x, 1, correction=0, keepdim=True)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta


# %% misconception="nothing_returned" exercise="layer_norm" says="without a return statement"
def layer_norm(x, gamma, beta, eps=1e-5):
    var, mean = torch.var_mean(x, 1, correction=0, keepdim=True)
    y = gamma * (x - mean) / torch.sqrt(var + eps) + beta


# %% misconception="returned_as_numpy" exercise="layer_norm" says="NumPy"
def layer_norm(x, gamma, beta, eps=1e-5):
    return F.layer_norm(x, x.shape[1:], gamma, beta, eps).detach().numpy()


# %% misconception="softmax_in_place_of_norm" exercise="layer_norm" says="came out wrong"
def layer_norm(x, gamma, beta, eps=1e-5):
    return gamma * torch.softmax(x, dim=1) + beta


# %% misconception="another_default_of_eps" exercise="layer_norm" says="with eps left out, which is 1e-5 then came out wrong: expected"
def layer_norm(x, gamma, beta, eps=1e-6):
    mean, var = x.mean(dim=1, keepdim=True), x.var(dim=1, correction=0, keepdim=True)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta


# %% variant="transposed_batchnorm" exercise="layer_norm"
def layer_norm(x, gamma, beta, eps=1e-5):
    return gamma * F.batch_norm(x.T, None, None, training=True, eps=eps).T + beta


# %% variant="var_mean" exercise="layer_norm"
def layer_norm(x, gamma, beta, eps=1e-5):
    var, mean = torch.var_mean(x, dim=-1, unbiased=False)
    return (x - mean[:, None]) * torch.rsqrt(var + eps)[:, None] * gamma[None] + beta[None]


# %% variant="loop_over_examples" exercise="layer_norm"
def layer_norm(x, gamma, beta, eps=1e-5):
    rows = []
    for row in x:
        centred = row - row.sum() / row.numel()
        rows.append(gamma * centred / ((centred * centred).sum() / row.numel() + eps) ** 0.5 + beta)
    return torch.stack(rows)


# %% misconception="averages_over_the_batch_too" exercise="instance_norm" says="you averaged over the images too"
def instance_norm(x, gamma, beta, eps=1e-5):
    return F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)


# %% misconception="averages_over_the_channels_too" exercise="instance_norm" says="you averaged over all channels"
def instance_norm(x, gamma, beta, eps=1e-5):
    mean, var = x.mean((1, 2, 3), keepdim=True), x.var((1, 2, 3), keepdim=True, correction=0)
    return gamma.view(1, -1, 1, 1) * (x - mean) / torch.sqrt(var + eps) + beta.view(1, -1, 1, 1)


# %% misconception="averages_over_the_channels_only" exercise="instance_norm" says="at each pixel"
def instance_norm(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(1, keepdim=True), x.var(1, keepdim=True, correction=0)
    return gamma.view(1, -1, 1, 1) * (x - mean) / torch.sqrt(var + eps) + beta.view(1, -1, 1, 1)


# %% misconception="averages_over_rows_only" exercise="instance_norm" says="one of the two pixel axes"
def instance_norm(x, gamma, beta, eps=1e-5):
    mean, var = x.mean(-1, keepdim=True), x.var(-1, keepdim=True, correction=0)
    return gamma.view(1, -1, 1, 1) * (x - mean) / torch.sqrt(var + eps) + beta.view(1, -1, 1, 1)


# %% misconception="unbiased_variance" exercise="instance_norm" says="N - 1"
def instance_norm(x, gamma, beta, eps=1e-5):
    mean, var = x.mean((2, 3), keepdim=True), x.var((2, 3), keepdim=True)
    return gamma.view(1, -1, 1, 1) * (x - mean) / torch.sqrt(var + eps) + beta.view(1, -1, 1, 1)


# %% misconception="no_eps" exercise="instance_norm" says="eps is missing"
def instance_norm(x, gamma, beta, eps=1e-5):
    mean, var = x.mean((2, 3), keepdim=True), x.var((2, 3), keepdim=True, correction=0)
    return gamma.view(1, -1, 1, 1) * (x - mean) / torch.sqrt(var) + beta.view(1, -1, 1, 1)


# %% misconception="eps_outside_the_root" exercise="instance_norm" says="eps stands outside the root"
def instance_norm(x, gamma, beta, eps=1e-5):
    mean, std = x.mean((2, 3), keepdim=True), x.std((2, 3), keepdim=True, correction=0)
    return gamma.view(1, -1, 1, 1) * (x - mean) / (std + eps) + beta.view(1, -1, 1, 1)


# %% misconception="gamma_and_beta_ignored" exercise="instance_norm" says="gamma and beta are not used"
def instance_norm(x, gamma, beta, eps=1e-5):
    return F.instance_norm(x, eps=eps)


# %% misconception="gamma_and_beta_swapped" exercise="instance_norm" says="swapped"
def instance_norm(x, gamma, beta, eps=1e-5):
    return F.instance_norm(x, weight=beta, bias=gamma, eps=eps)


# %% misconception="gamma_along_the_width" exercise="instance_norm" says="broadcast along the width"
def instance_norm(x, gamma, beta, eps=1e-5):
    mean, var = x.mean((2, 3), keepdim=True), x.var((2, 3), keepdim=True, correction=0)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta


# %% misconception="default_eps_only" exercise="instance_norm" says="eps is a fixed 1e-5"
def instance_norm(x, gamma, beta, eps=1e-5):
    return F.instance_norm(x, weight=gamma, bias=beta)


# %% misconception="statistics_detached" exercise="instance_norm" says="they depend on x too"
def instance_norm(x, gamma, beta, eps=1e-5):
    var, mean = torch.var_mean(x.detach(), (2, 3), correction=0, keepdim=True)
    return gamma.view(1, -1, 1, 1) * (x - mean) / torch.sqrt(var + eps) + beta.view(1, -1, 1, 1)


# %% misconception="x_changed_in_place" exercise="instance_norm" says="in place"
def instance_norm(x, gamma, beta, eps=1e-5):
    var, mean = torch.var_mean(x, (2, 3), correction=0, keepdim=True)
    x.sub_(mean).div_((var + eps).sqrt())
    return gamma.view(1, -1, 1, 1) * x + beta.view(1, -1, 1, 1)


# %% variant="flattened_pixels" exercise="instance_norm"
def instance_norm(x, gamma, beta, eps=1e-5):
    flat = x.flatten(2)
    centred = flat - flat.mean(2, keepdim=True)
    x_hat = centred * torch.rsqrt(centred.square().mean(2, keepdim=True) + eps)
    return (gamma[:, None] * x_hat + beta[:, None]).view_as(x)


# %% variant="helper_function" exercise="instance_norm"
def standardized(x, axes, eps):
    centred = x - x.mean(axes, keepdim=True)
    return centred / (centred.pow(2).mean(axes, keepdim=True) + eps).sqrt()


def instance_norm(x, gamma, beta, eps=1e-5):
    return standardized(x, (-1, -2), eps) * gamma.reshape(-1, 1, 1) + beta.reshape(-1, 1, 1)


# %% variant="loop_over_channels" exercise="instance_norm"
def instance_norm(x, gamma, beta, eps=1e-5):
    y = torch.zeros_like(x)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            plane = x[n, c]
            y[n, c] = gamma[c] * (plane - plane.mean()) / (plane.var(unbiased=False) + eps).sqrt() + beta[c]
    return y


# %% variant="groups_of_one" exercise="instance_norm"
def instance_norm(x, gamma, beta, eps=1e-5):
    return F.group_norm(x, x.shape[1], gamma, beta, eps)


# %% misconception="axes_that_are_kept" exercise="reduced_axes" says="those that keep statistics"
def reduced_axes(kind):
    return {"batch": (1,), "layer": (0,), "instance": (0, 1)}[kind]


# %% misconception="pixel_axes_missing" exercise="reduced_axes" says="the pixel axes H and W are missing"
def reduced_axes(kind):
    return {"batch": (0,), "layer": (1,), "instance": ()}[kind]


# %% misconception="counted_from_one" exercise="reduced_axes" says="axes are counted from 0"
def reduced_axes(kind):
    return {"batch": (1, 3, 4), "layer": (2, 3, 4), "instance": (3, 4)}[kind]


# %% misconception="batch_and_layer_swapped" exercise="reduced_axes" says="these are the axes of layer normalization"
def reduced_axes(kind):
    return {"batch": (1, 2, 3), "layer": (0, 2, 3), "instance": (2, 3)}[kind]


# %% misconception="instance_for_layer" exercise="reduced_axes" says="these are the axes of layer normalization" keeps=1
def reduced_axes(kind):
    return {"batch": (0, 2, 3), "layer": (2, 3), "instance": (1, 2, 3)}[kind]


# %% misconception="letters" exercise="reduced_axes" says="from 0 for N to 3 for W"
def reduced_axes(kind):
    return {"batch": ("N", "H", "W"), "layer": ("C", "H", "W"), "instance": ("H", "W")}[kind]


# %% misconception="all_axes" exercise="reduced_axes" says="all axes were given"
def reduced_axes(kind):
    return (0, 1, 2, 3)


# %% misconception="one_number" exercise="reduced_axes" says="returns several axes"
def reduced_axes(kind):
    return {"batch": 0, "layer": 1, "instance": 2}[kind]


# %% misconception="truth_values" exercise="reduced_axes" says="(True, False, True, True) came"
def reduced_axes(kind):
    kept = {"batch": "C", "layer": "N", "instance": "NC"}[kind]
    return tuple(axis not in kept for axis in "NCHW")


# %% variant="negative_axes" exercise="reduced_axes"
def reduced_axes(kind):
    if kind == "batch":
        return [-1, -2, 0]
    if kind == "layer":
        return [-1, -2, -3]
    return [-1, -2]


# %% variant="sets" exercise="reduced_axes"
def reduced_axes(kind):
    kept = {"batch": {1}, "layer": {0}, "instance": {0, 1}}
    return {0, 1, 2, 3} - kept[kind]


# %% variant="ranges_and_generators" exercise="reduced_axes"
def reduced_axes(kind):
    if kind == "batch":
        return (axis for axis in range(4) if axis != 1)
    return range(1, 4) if kind == "layer" else range(2, 4)


# %% variant="numpy" exercise="reduced_axes"
import numpy as np


def reduced_axes(kind):
    if kind == "instance":
        return np.array([2, 3])
    return tuple(np.setdiff1d(np.arange(4), [1 if kind == "batch" else 0]))


# %% misconception="interleaved_groups" exercise="group_norm" says="the groups are interleaved"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    n, c, h, w = x.shape
    if c % groups != 0:
        raise ValueError("groups must divide the channels")
    g = x.reshape(n, c // groups, groups, h, w)
    mean, var = g.mean((1, 3, 4), keepdim=True), g.var((1, 3, 4), keepdim=True, correction=0)
    x_hat = ((g - mean) / torch.sqrt(var + eps)).reshape(n, c, h, w)
    return gamma.view(1, c, 1, 1) * x_hat + beta.view(1, c, 1, 1)


# %% misconception="channels_per_group" exercise="group_norm" says="groups was taken for the number of channels"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    if x.shape[1] % groups != 0:
        raise ValueError("groups must divide the channels")
    return F.group_norm(x, x.shape[1] // groups, gamma, beta, eps)


# %% misconception="averages_over_the_images" exercise="group_norm" says="you averaged over the images too"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    n, c, h, w = x.shape
    if c % groups != 0:
        raise ValueError("groups must divide the channels")
    g = x.reshape(n, groups, c // groups, h, w)
    mean, var = g.mean((0, 2, 3, 4), keepdim=True), g.var((0, 2, 3, 4), keepdim=True, correction=0)
    x_hat = ((g - mean) / torch.sqrt(var + eps)).reshape(n, c, h, w)
    return gamma.view(1, c, 1, 1) * x_hat + beta.view(1, c, 1, 1)


# %% misconception="averages_over_the_channels_only" exercise="group_norm" says="average over H and W too"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    n, c, h, w = x.shape
    if c % groups != 0:
        raise ValueError("groups must divide the channels")
    g = x.reshape(n, groups, c // groups, h, w)
    mean, var = g.mean(2, keepdim=True), g.var(2, keepdim=True, correction=0)
    x_hat = ((g - mean) / torch.sqrt(var + eps)).reshape(n, c, h, w)
    return gamma.view(1, c, 1, 1) * x_hat + beta.view(1, c, 1, 1)


# %% misconception="groups_ignored" exercise="group_norm" says="layer normalization"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    if x.shape[1] % groups != 0:
        raise ValueError("groups must divide the channels")
    return F.group_norm(x, 1, gamma, beta, eps)


# %% misconception="each_channel_alone" exercise="group_norm" says="instance normalization"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    if x.shape[1] % groups != 0:
        raise ValueError("groups must divide the channels")
    return F.instance_norm(x, weight=gamma, bias=beta, eps=eps)


# %% misconception="no_value_error" exercise="group_norm" says="should end in an error"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    n, c, h, w = x.shape
    g = x.reshape(n, groups, c // groups, h, w)
    mean, var = g.mean((2, 3, 4), keepdim=True), g.var((2, 3, 4), keepdim=True, correction=0)
    x_hat = ((g - mean) / torch.sqrt(var + eps)).reshape(n, c, h, w)
    return gamma.view(1, c, 1, 1) * x_hat + beta.view(1, c, 1, 1)


# %% misconception="assertion_for_value_error" exercise="group_norm" says="ValueError"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    assert x.shape[1] % groups == 0
    return F.group_norm(x, groups, gamma, beta, eps)


# %% misconception="last_channels_left_over" exercise="group_norm" says="ValueError"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    n, c, h, w = x.shape
    size = max(c // groups, 1)
    y = torch.zeros_like(x)
    for start in range(0, c, size):
        part = x[:, start : start + size]
        mean, var = part.mean((1, 2, 3), keepdim=True), part.var((1, 2, 3), keepdim=True, correction=0)
        y[:, start : start + size] = (part - mean) / torch.sqrt(var + eps)
    return gamma.view(1, c, 1, 1) * y + beta.view(1, c, 1, 1)


# %% misconception="unbiased_variance" exercise="group_norm" says="N - 1"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    n, c, h, w = x.shape
    if c % groups != 0:
        raise ValueError("groups must divide the channels")
    g = x.reshape(n, groups, c // groups, h, w)
    mean, var = g.mean((2, 3, 4), keepdim=True), g.var((2, 3, 4), keepdim=True)
    x_hat = ((g - mean) / torch.sqrt(var + eps)).reshape(n, c, h, w)
    return gamma.view(1, c, 1, 1) * x_hat + beta.view(1, c, 1, 1)


# %% misconception="eps_outside_the_root" exercise="group_norm" says="eps stands outside the root"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    n, c, h, w = x.shape
    if c % groups != 0:
        raise ValueError("groups must divide the channels")
    g = x.reshape(n, groups, c // groups, h, w)
    mean, std = g.mean((2, 3, 4), keepdim=True), g.std((2, 3, 4), keepdim=True, correction=0)
    x_hat = ((g - mean) / (std + eps)).reshape(n, c, h, w)
    return gamma.view(1, c, 1, 1) * x_hat + beta.view(1, c, 1, 1)


# %% misconception="no_eps" exercise="group_norm" says="eps is missing"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    n, c, h, w = x.shape
    if c % groups != 0:
        raise ValueError("groups must divide the channels")
    g = x.reshape(n, groups, -1)
    x_hat = (g - g.mean(2, keepdim=True)) / g.std(2, keepdim=True, correction=0)
    return gamma.view(1, c, 1, 1) * x_hat.reshape(x.shape) + beta.view(1, c, 1, 1)


# %% misconception="gamma_and_beta_ignored" exercise="group_norm" says="gamma and beta are not used"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    if x.shape[1] % groups != 0:
        raise ValueError("groups must divide the channels")
    return F.group_norm(x, groups, eps=eps)


# %% misconception="scaled_before_normalizing" exercise="group_norm" says="before it was normalized"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    n, c, h, w = x.shape
    if c % groups != 0:
        raise ValueError("groups must divide the channels")
    z = gamma.view(1, c, 1, 1) * x + beta.view(1, c, 1, 1)
    g = z.reshape(n, groups, -1)
    mean, var = g.mean(2, keepdim=True), g.var(2, keepdim=True, correction=0)
    return ((g - mean) / torch.sqrt(var + eps)).view(n, c, h, w)


# %% misconception="gamma_and_beta_swapped" exercise="group_norm" says="swapped"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    if x.shape[1] % groups != 0:
        raise ValueError("groups must divide the channels")
    return F.group_norm(x, groups, beta, gamma, eps)


# %% misconception="one_gamma_per_group" exercise="group_norm" says="one gamma and beta per group"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    n, c, h, w = x.shape
    if c % groups != 0:
        raise ValueError("groups must divide the channels")
    g = x.reshape(n, groups, c // groups, h, w)
    mean, var = g.mean((2, 3, 4), keepdim=True), g.var((2, 3, 4), keepdim=True, correction=0)
    x_hat = (g - mean) / torch.sqrt(var + eps)
    y = gamma[:groups].view(1, groups, 1, 1, 1) * x_hat + beta[:groups].view(1, groups, 1, 1, 1)
    return y.reshape(x.shape)


# %% misconception="statistics_detached" exercise="group_norm" says="they depend on x too"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    n, c, h, w = x.shape
    if c % groups != 0:
        raise ValueError("groups must divide the channels")
    g = x.reshape(n, groups, c // groups, h, w)
    var, mean = torch.var_mean(g.detach(), (2, 3, 4), correction=0, keepdim=True)
    x_hat = ((g - mean) / torch.sqrt(var + eps)).reshape(n, c, h, w)
    return gamma.view(1, c, 1, 1) * x_hat + beta.view(1, c, 1, 1)


# %% misconception="one_group_for_each_channel_alone" exercise="group_norm" says="instance normalization"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    if x.shape[1] % groups != 0:
        raise ValueError("groups must divide the channels")
    return F.group_norm(x, x.shape[1] if groups == 1 else groups, gamma, beta, eps)


# %% variant="five_dimensions" exercise="group_norm"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    n, c, h, w = x.shape
    if c % groups:
        raise ValueError(f"{c} channels cannot be divided into {groups} groups")
    g = x.view(n, groups, c // groups, h, w)
    var, mean = torch.var_mean(g, dim=(2, 3, 4), unbiased=False, keepdim=True)
    return ((g - mean) / (var + eps) ** 0.5).view_as(x) * gamma.view(1, c, 1, 1) + beta.view(1, c, 1, 1)


# %% variant="loop_over_groups" exercise="group_norm"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    if x.size(1) % groups != 0:
        raise ValueError("groups must divide the channels")
    size = x.size(1) // groups
    parts = []
    for part in x.split(size, dim=1):
        centred = part - part.mean(dim=(1, 2, 3), keepdim=True)
        parts.append(centred / torch.sqrt((centred**2).mean(dim=(1, 2, 3), keepdim=True) + eps))
    return torch.cat(parts, dim=1) * gamma[None, :, None, None] + beta[None, :, None, None]


# %% variant="torch_functional" exercise="group_norm"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    if x.shape[1] % groups:
        raise ValueError("groups must divide the channels")
    return F.group_norm(x, groups, gamma, beta, eps=eps)
