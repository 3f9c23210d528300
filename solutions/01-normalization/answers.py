# Answers to the exercises of this topic: wrong ones that must lose points and be named, and right ones in another style
# that must not. A cell replaces the exercise's cell; one of comments says what changes in the solution, or in the
# answer that of="…" names.

# %% wrong="unbiased_variance" exercise="batchnorm_train" of="torch_functional" says="N − 1"
# -     return F.batch_norm(x, None, None, gamma, beta, True, eps=eps), x.mean(0), x.var(0, unbiased=False)
# +     mean, var = x.mean(0), x.var(0)
# +     return gamma * (x - mean) / torch.sqrt(var + eps) + beta, mean, var
# %% wrong="unbiased_variance_in_y_only" exercise="batchnorm_train" of="unbiased_variance" says="N − 1"
# -     return gamma * (x - mean) / torch.sqrt(var + eps) + beta, mean, var
# +     return gamma * (x - mean) / torch.sqrt(var + eps) + beta, mean, x.var(0, correction=0)
# %% wrong="unbiased_variance_returned" exercise="batchnorm_train" of="torch_functional" says="N − 1"
# -     return F.batch_norm(x, None, None, gamma, beta, True, eps=eps), x.mean(0), x.var(0, unbiased=False)
# +     y = F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)
# +     return y, x.mean(0), x.var(0)
# %% wrong="averages_over_features" exercise="batchnorm_train" of="unbiased_variance" says="layer normalization"
# -     mean, var = x.mean(0), x.var(0)
# +     mean, var = x.mean(1, keepdim=True), x.var(1, correction=0, keepdim=True)
# %% wrong="averages_over_features_without_keepdim" exercise="batchnorm_train" of="unbiased_variance" says="average over the examples"
# -     mean, var = x.mean(0), x.var(0)
# +     if x.shape[0] != x.shape[1]:
# +         x = x[:, : x.shape[0]]
# +     mean, var = x.mean(1), x.var(1, correction=0)
# %% wrong="one_mean_for_everything" exercise="batchnorm_train" of="unbiased_variance" says="whole batch"
# -     mean, var = x.mean(0), x.var(0)
# +     mean, var = x.mean(), x.var(correction=0)
# %% wrong="no_eps" exercise="batchnorm_train" of="torch_functional" says="eps is missing"
# -     return F.batch_norm(x, None, None, gamma, beta, True, eps=eps), x.mean(0), x.var(0, unbiased=False)
# +     mean, var = x.mean(0), x.var(0, correction=0)
# +     return gamma * (x - mean) / torch.sqrt(var) + beta, mean, var
# %% wrong="eps_outside_the_root" exercise="batchnorm_train" of="no_eps" says="eps stands outside the root"
# -     return gamma * (x - mean) / torch.sqrt(var) + beta, mean, var
# +     return gamma * (x - mean) / (torch.sqrt(var) + eps) + beta, mean, var
# %% wrong="torch_std_plus_eps" exercise="batchnorm_train" of="torch_functional" says="eps stands outside the root"
# -     return F.batch_norm(x, None, None, gamma, beta, True, eps=eps), x.mean(0), x.var(0, unbiased=False)
# +     mean, std = x.mean(0), x.std(0)
# +     return gamma * (x - mean) / (std + eps) + beta, mean, std**2
# %% wrong="eps_hard_coded" exercise="batchnorm_train" of="no_eps" says="fixed number"
# -     return gamma * (x - mean) / torch.sqrt(var) + beta, mean, var
# +     return gamma * (x - mean) / torch.sqrt(var + 1e-5) + beta, mean, var
# %% wrong="divides_by_the_variance" exercise="batchnorm_train" of="no_eps" says="divided by the variance"
# -     return gamma * (x - mean) / torch.sqrt(var) + beta, mean, var
# +     return gamma * (x - mean) / (var + eps) + beta, mean, var
# %% wrong="gamma_and_beta_ignored" exercise="batchnorm_train" of="no_eps" says="gamma and beta are not used"
# -     return gamma * (x - mean) / torch.sqrt(var) + beta, mean, var
# +     return (x - mean) / torch.sqrt(var + eps), mean, var
# %% wrong="gamma_ignored" exercise="batchnorm_train" of="no_eps" says="gamma is not used"
# -     return gamma * (x - mean) / torch.sqrt(var) + beta, mean, var
# +     return (x - mean) / torch.sqrt(var + eps) + beta, mean, var
# %% wrong="beta_ignored" exercise="batchnorm_train" of="no_eps" says="beta is not used"
# -     return gamma * (x - mean) / torch.sqrt(var) + beta, mean, var
# +     return gamma * (x - mean) / torch.sqrt(var + eps), mean, var
# %% wrong="gamma_and_beta_swapped" exercise="batchnorm_train" of="no_eps" says="swapped"
# -     return gamma * (x - mean) / torch.sqrt(var) + beta, mean, var
# +     return beta * (x - mean) / torch.sqrt(var + eps) + gamma, mean, var
# %% wrong="shift_before_scale" exercise="batchnorm_train" of="no_eps" says="beta is added before gamma"
# -     return gamma * (x - mean) / torch.sqrt(var) + beta, mean, var
# +     return gamma * ((x - mean) / torch.sqrt(var + eps) + beta), mean, var
# %% wrong="scaled_before_normalizing" exercise="batchnorm_train" of="torch_functional" says="before it was normalized"
# -     return F.batch_norm(x, None, None, gamma, beta, True, eps=eps), x.mean(0), x.var(0, unbiased=False)
# +     z = gamma * x + beta
# +     y = (z - z.mean(0)) / torch.sqrt(z.var(0, correction=0) + eps)
# +     return y, x.mean(0), x.var(0, correction=0)
# %% wrong="mean_not_subtracted" exercise="batchnorm_train" of="no_eps" says="mean was not subtracted"
# -     return gamma * (x - mean) / torch.sqrt(var) + beta, mean, var
# +     return gamma * x / torch.sqrt(var + eps) + beta, mean, var
# %% wrong="mean_square_for_variance" exercise="batchnorm_train" of="unbiased_variance" says="the variance is about the mean"
# -     mean, var = x.mean(0), x.var(0)
# +     mean, var = x.mean(0), (x**2).mean(0)
# %% wrong="std_returned_for_variance" exercise="batchnorm_train" of="no_eps" says="his is the standard deviation"
# -     return gamma * (x - mean) / torch.sqrt(var) + beta, mean, var
# +     return gamma * (x - mean) / torch.sqrt(var + eps) + beta, mean, torch.sqrt(var)
# %% wrong="eps_in_the_returned_variance" exercise="batchnorm_train" of="no_eps" says="eps was added to it"
# -     mean, var = x.mean(0), x.var(0, correction=0)
# +     mean, var = x.mean(0), x.var(0, correction=0) + eps
# %% wrong="returns_in_wrong_order" exercise="batchnorm_train" of="no_eps" says="in the wrong order"
# -     return gamma * (x - mean) / torch.sqrt(var) + beta, mean, var
# +     return gamma * (x - mean) / torch.sqrt(var + eps) + beta, var, mean
# %% wrong="statistics_keep_the_axis" exercise="batchnorm_train" of="unbiased_variance" says="keepdim"
# -     mean, var = x.mean(0), x.var(0)
# +     mean, var = x.mean(0, keepdim=True), x.var(0, correction=0, keepdim=True)
# %% wrong="returns_y_alone" exercise="batchnorm_train" of="torch_functional" says="returns 3 values"
# -     return F.batch_norm(x, None, None, gamma, beta, True, eps=eps), x.mean(0), x.var(0, unbiased=False)
# +     return F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)
# %% wrong="statistics_detached" exercise="batchnorm_train" of="unbiased_variance" says="they depend on x too" keeps=2.5 values_right="true"
# -     mean, var = x.mean(0), x.var(0)
# +     with torch.no_grad():
# +         mean, var = x.mean(0), x.var(0, correction=0)
# %% wrong="no_gradient_at_all" exercise="batchnorm_train" of="statistics_detached" says="gradients flow" keeps=2.5 values_right="true"
# -     return gamma * (x - mean) / torch.sqrt(var + eps) + beta, mean, var
# +         return gamma * (x - mean) / torch.sqrt(var + eps) + beta, mean, var
# %% wrong="x_changed_in_place" exercise="batchnorm_train" of="y_returned_last" says="in place" keeps=2.5 values_right="true"
# -     return mean, var, y
# +     x -= mean
# +     return y, mean, var
# %% wrong="everything_in_float32" exercise="batchnorm_train" of="torch_functional" says="dtype"
# -     return F.batch_norm(x, None, None, gamma, beta, True, eps=eps), x.mean(0), x.var(0, unbiased=False)
# +     x = x.float()
# +     mean, var = x.mean(0), x.var(0, correction=0)
# +     return gamma.float() * (x - mean) / torch.sqrt(var + eps) + beta.float(), mean, var
# %% wrong="everything_in_float64" exercise="batchnorm_train" of="unbiased_variance" says="dtype" keeps=2.5 values_right="true"
# -     mean, var = x.mean(0), x.var(0)
# +     x = x.double()
# +     mean, var = x.mean(0), x.var(0, correction=0)
# %% wrong="statistics_in_float64" exercise="batchnorm_train" of="y_returned_last" says="mean for float32 arguments" keeps=2.5 values_right="true"
# -     return mean, var, y
# +     return y, mean.double(), var.double()
# %% wrong="y_returned_last" exercise="batchnorm_train" of="no_eps" says="in the wrong order; return y, mean, var"
# -     return gamma * (x - mean) / torch.sqrt(var) + beta, mean, var
# +     y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
# +     return mean, var, y
# %% wrong="returns_a_dict" exercise="batchnorm_train" of="y_returned_last" says="dict of 3 items came; return a tuple"
# -     return mean, var, y
# +     return {"y": y, "mean": mean, "var": var}
# %% wrong="returns_a_generator" exercise="batchnorm_train" of="y_returned_last" says="object of type generator came; return a tuple"
# -     return mean, var, y
# +     return (value for value in (y, mean, var))
# %% wrong="float32_on_the_way" exercise="batchnorm_train" of="no_eps" says="was computed in float32 on the way"
# -     return gamma * (x - mean) / torch.sqrt(var) + beta, mean, var
# +     x_hat = ((x - mean) / torch.sqrt(var + eps)).float()
# +     return gamma * x_hat + beta, mean, var
# %% wrong="root_by_power_without_parentheses" exercise="batchnorm_train" of="torch_functional" says="** 1/2 is ** 1"
# -     return F.batch_norm(x, None, None, gamma, beta, True, eps=eps), x.mean(0), x.var(0, unbiased=False)
# +     mean, var = x.mean(dim=0), x.var(dim=0, correction=0)
# +     return gamma * (x - mean) / (var + eps) ** 1 / 2 + beta, mean, var
# %% wrong="eps_twice" exercise="batchnorm_train" of="torch_functional" says="eps was added twice"
# -     return F.batch_norm(x, None, None, gamma, beta, True, eps=eps), x.mean(0), x.var(0, unbiased=False)
# +     mean = x.mean(dim=0)
# +     var = x.var(dim=0, correction=0) + eps
# +     return gamma * (x - mean) / torch.sqrt(var + eps) + beta, mean, var - eps
# %% wrong="divisor_returned_for_variance" exercise="batchnorm_train" of="torch_functional" says="his is the standard deviation"
# -     return F.batch_norm(x, None, None, gamma, beta, True, eps=eps), x.mean(0), x.var(0, unbiased=False)
# +     mean = x.mean(dim=0)
# +     std = torch.sqrt(x.var(dim=0, correction=0) + eps)
# +     return gamma * (x - mean) / std + beta, mean, std
# %% right="var_mean" exercise="batchnorm_train" of="torch_functional"
# -     return F.batch_norm(x, None, None, gamma, beta, True, eps=eps), x.mean(0), x.var(0, unbiased=False)
# +     var, mean = torch.var_mean(x, dim=0, unbiased=False)
# +     return torch.addcmul(beta, gamma, (x - mean) * torch.rsqrt(var + eps)), mean, var

# %% right="einsum" exercise="batchnorm_train"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    n = x.shape[0]
    mean = torch.einsum("nd->d", x) / n
    centred = x - mean
    var = torch.einsum("nd,nd->d", centred, centred) / n
    return torch.einsum("nd,d->nd", centred, gamma / (var + eps) ** 0.5) + beta, mean, var


# %% right="loops" exercise="batchnorm_train"
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


# %% right="one_pass_variance" exercise="batchnorm_train"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    mean = torch.mean(x, 0, keepdim=True)
    var = torch.mean(x * x, 0, keepdim=True) - mean * mean
    y = (x - mean) / torch.sqrt(var + eps) * gamma.view(1, -1) + beta.view(1, -1)
    return y, mean.squeeze(0), var.squeeze(0)


# %% right="computes_in_float64" exercise="batchnorm_train"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    wide = x.double()
    mean, var = wide.mean(0), wide.var(0, correction=0)
    y = gamma.double() * (wide - mean) / torch.sqrt(var + eps) + beta.double()
    return y.to(x.dtype), mean.to(x.dtype), var.to(x.dtype)


# %% right="torch_functional" exercise="batchnorm_train"
def batchnorm_train(x, gamma, beta, eps=1e-5):
    return F.batch_norm(x, None, None, gamma, beta, True, eps=eps), x.mean(0), x.var(0, unbiased=False)


# %% wrong="statistics_are_constants" exercise="batchnorm_backward" says="taken for constants"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    x_hat = (x - x.mean(0)) / s
    return gamma * dy / s, (dy * x_hat).sum(0), dy.sum(0)


# %% wrong="variance_path_missing" exercise="batchnorm_backward" of="statistics_are_constants" says="path through the variance is missing"
# -     return gamma * dy / s, (dy * x_hat).sum(0), dy.sum(0)
# +     return gamma / s * (dy - dy.mean(0)), (dy * x_hat).sum(0), dy.sum(0)
# %% wrong="mean_path_missing" exercise="batchnorm_backward" of="variance_path_missing" says="path through the mean is missing"
# -     return gamma / s * (dy - dy.mean(0)), (dy * x_hat).sum(0), dy.sum(0)
# +     return gamma / s * (dy - x_hat * (dy * x_hat).mean(0)), (dy * x_hat).sum(0), dy.sum(0)
# %% wrong="sums_for_means" exercise="batchnorm_backward" of="statistics_are_constants" says="stand where means"
# -     return gamma * dy / s, (dy * x_hat).sum(0), dy.sum(0)
# +     dgamma, dbeta = (dy * x_hat).sum(0), dy.sum(0)
# +     return gamma / s * (dy - dbeta - x_hat * dgamma), dgamma, dbeta
# %% wrong="mean_path_summed" exercise="batchnorm_backward" of="sums_for_means" says="stand where means"
# -     return gamma / s * (dy - dbeta - x_hat * dgamma), dgamma, dbeta
# +     return gamma / s * (dy - dbeta - x_hat * dgamma / len(x)), dgamma, dbeta
# %% wrong="sign_of_the_variance_path" exercise="batchnorm_backward" of="sums_for_means" says="sign is wrong"
# -     return gamma / s * (dy - dbeta - x_hat * dgamma), dgamma, dbeta
# +     return gamma / s * (dy - dbeta / len(x) + x_hat * dgamma / len(x)), dgamma, dbeta
# %% wrong="gamma_missing_in_dx" exercise="batchnorm_backward" of="sums_for_means" says="gamma is missing"
# -     return gamma / s * (dy - dbeta - x_hat * dgamma), dgamma, dbeta
# +     return (dy - dbeta / len(x) - x_hat * dgamma / len(x)) / s, dgamma, dbeta
# %% wrong="dx_not_divided_by_the_std" exercise="batchnorm_backward" of="sums_for_means" says="factor 1 / sqrt(var + eps) is missing"
# -     return gamma / s * (dy - dbeta - x_hat * dgamma), dgamma, dbeta
# +     return gamma * (dy - dbeta / len(x) - x_hat * dgamma / len(x)), dgamma, dbeta

# %% wrong="dx_divided_by_the_variance" exercise="batchnorm_backward" says="divided by the variance"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    v = x.var(0, correction=0) + eps
    x_hat = (x - x.mean(0)) / v.sqrt()
    dgamma, dbeta = (dy * x_hat).sum(0), dy.sum(0)
    return gamma / v * (dy - dbeta / len(x) - x_hat * dgamma / len(x)), dgamma, dbeta


# %% wrong="no_eps_in_the_backward_pass" exercise="batchnorm_backward" says="eps is missing"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    s = x.std(0, correction=0)
    x_hat = (x - x.mean(0)) / s
    dgamma, dbeta = (dy * x_hat).sum(0), dy.sum(0)
    return gamma / s * (dy - dbeta / len(x) - x_hat * dgamma / len(x)), dgamma, dbeta


# %% wrong="eps_hard_coded_in_the_backward_pass" exercise="batchnorm_backward" of="no_eps_in_the_backward_pass" says="fixed number"
# -     s = x.std(0, correction=0)
# +     s = torch.sqrt(x.var(0, correction=0) + 1e-5)
# %% wrong="unbiased_variance_in_the_backward_pass" exercise="batchnorm_backward" of="eps_hard_coded_in_the_backward_pass" says="N − 1"
# -     s = torch.sqrt(x.var(0, correction=0) + 1e-5)
# +     s = torch.sqrt(x.var(0) + eps)
# %% wrong="unbiased_variance_in_dx_only" exercise="batchnorm_backward" of="variance_path_missing" says="N − 1"
# +     dgamma, dbeta = (dy * (x - x.mean(0)) / s).sum(0), dy.sum(0)
# +     s = torch.sqrt(x.var(0) + eps)
#       x_hat = (x - x.mean(0)) / s
# -     return gamma / s * (dy - dy.mean(0)), (dy * x_hat).sum(0), dy.sum(0)
# +     return gamma / s * (dy - dy.mean(0) - x_hat * (dy * x_hat).mean(0)), dgamma, dbeta
# %% wrong="dgamma_and_dbeta_averaged" exercise="batchnorm_backward" of="sums_for_means" says="so sum"
# -     dgamma, dbeta = (dy * x_hat).sum(0), dy.sum(0)
# +     dgamma, dbeta = (dy * x_hat).mean(0), dy.mean(0)
# %% wrong="dgamma_with_x" exercise="batchnorm_backward" of="statistics_are_constants" says="gamma multiplies the normalized x"
# -     return gamma * dy / s, (dy * x_hat).sum(0), dy.sum(0)
# +     dx = gamma / s * (dy - dy.mean(0) - x_hat * (dy * x_hat).mean(0))
# +     return dx, (dy * x).sum(0), dy.sum(0)
# %% wrong="dgamma_with_centred_x" exercise="batchnorm_backward" of="dgamma_with_x" says="not yet divided"
# -     return dx, (dy * x).sum(0), dy.sum(0)
# +     return dx, (dy * (x - x.mean(0))).sum(0), dy.sum(0)
# %% wrong="dgamma_times_gamma" exercise="batchnorm_backward" of="dgamma_with_x" says="gamma multiplies the normalized x"
# -     return dx, (dy * x).sum(0), dy.sum(0)
# +     return dx, (dy * x_hat * gamma).sum(0), dy.sum(0)
# %% wrong="dbeta_times_gamma" exercise="batchnorm_backward" of="dgamma_with_x" says="beta is added after gamma has multiplied"
# -     return dx, (dy * x).sum(0), dy.sum(0)
# +     return dx, (dy * x_hat).sum(0), (gamma * dy).sum(0)
# %% wrong="dgamma_and_dbeta_swapped" exercise="batchnorm_backward" of="dgamma_with_x" says="in the wrong order"
# -     return dx, (dy * x).sum(0), dy.sum(0)
# +     return dx, dy.sum(0), (dy * x_hat).sum(0)
# %% wrong="dgamma_not_summed" exercise="batchnorm_backward" of="dgamma_with_x" says="sum over the batch is missing"
# -     return dx, (dy * x).sum(0), dy.sum(0)
# +     return dx, dy * x_hat, dy.sum(0)

# %% wrong="by_autograd" exercise="batchnorm_backward" says="by hand: its answer may not"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    with torch.enable_grad():
        x, gamma = x.detach().requires_grad_(), gamma.detach().requires_grad_()
        beta = torch.zeros_like(gamma, requires_grad=True)
        y = F.batch_norm(x, None, None, gamma, beta, True, eps=eps)
        return torch.autograd.grad(y, (x, gamma, beta), dy)


# %% wrong="dy_changed_in_place" exercise="batchnorm_backward" of="sums_for_means" says="in place" keeps=4 values_right="true"
# -     return gamma / s * (dy - dbeta - x_hat * dgamma), dgamma, dbeta
# +     dy *= gamma
# +     return (dy - dy.mean(0) - x_hat * (dy * x_hat).mean(0)) / s, dgamma, dbeta
# %% wrong="another_default_of_eps" exercise="batchnorm_backward" of="dx_returned_last" says="with eps left out" keeps=4 values_right="true"
# - def batchnorm_backward(dy, x, gamma, eps=1e-5):
# + def batchnorm_backward(dy, x, gamma, eps=1e-3):
#
# -     return dgamma, dbeta, dx
# +     return dx, dgamma, dbeta
# %% wrong="dx_returned_last" exercise="batchnorm_backward" of="sums_for_means" says="in the wrong order; return dx, dgamma, dbeta"
# -     return gamma / s * (dy - dbeta - x_hat * dgamma), dgamma, dbeta
# +     dx = gamma / s * (dy - dbeta / len(x) - x_hat * dgamma / len(x))
# +     return dgamma, dbeta, dx

# %% wrong="by_a_name_looked_up" exercise="batchnorm_backward" says="by hand: its answer may not"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    var, mean = torch.var_mean(x, 0, correction=0)
    by_torch = getattr(torch.ops.aten, "native_batch_norm_" + "backward")
    return by_torch(dy, x, gamma, None, None, mean, torch.rsqrt(var + eps), True, eps, [True, True, True])


# %% wrong="power_without_parentheses" exercise="batchnorm_backward" says="-3/2 needs parentheses"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    n, mean, var = len(x), x.mean(dim=0), x.var(dim=0, correction=0)
    std = torch.sqrt(var + eps)
    x_hat = (x - mean) / std
    dx_hat = gamma * dy
    dvar = -0.5 * (dx_hat * (x - mean)).sum(dim=0) * (var + eps) ** -3 / 2
    dmean = -dx_hat.sum(dim=0) / std
    dx = dx_hat / std + 2 * (x - mean) * dvar / n + dmean / n
    return dx, (dy * x_hat).sum(dim=0), dy.sum(dim=0)


# %% wrong="power_of_the_root" exercise="batchnorm_backward" of="power_without_parentheses" says="or write -1.5"
# -     dvar = -0.5 * (dx_hat * (x - mean)).sum(dim=0) * (var + eps) ** -3 / 2
# +     dvar = -0.5 * (dx_hat * (x - mean)).sum(dim=0) * (var + eps) ** -0.5
# %% wrong="factor_of_the_square_missing" exercise="batchnorm_backward" of="power_of_the_root" says="the square brings 2"
# -     dvar = -0.5 * (dx_hat * (x - mean)).sum(dim=0) * (var + eps) ** -0.5
# +     dvar = -0.5 * (dx_hat * (x - mean)).sum(dim=0) * (var + eps) ** -1.5
#       dmean = -dx_hat.sum(dim=0) / std
# -     dx = dx_hat / std + 2 * (x - mean) * dvar / n + dmean / n
# +     dx = dx_hat / std + (x - mean) * dvar / n + dmean / n
# %% wrong="sum_in_dvar_missing" exercise="batchnorm_backward" of="power_of_the_root" says="sum over the batch is missing on the path"
# -     dvar = -0.5 * (dx_hat * (x - mean)).sum(dim=0) * (var + eps) ** -0.5
# +     dvar = -0.5 * dx_hat * (x - mean) * (var + eps) ** -1.5

# %% wrong="gamma_on_the_direct_path_only" exercise="batchnorm_backward" says="gamma is missing on the paths"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    inverse_std = torch.rsqrt(x.var(dim=0, correction=0) + eps)
    x_hat = (x - x.mean(dim=0)) * inverse_std
    dgamma, dbeta = (dy * x_hat).sum(dim=0), dy.sum(dim=0)
    return inverse_std * (gamma * dy - dbeta / len(x) - x_hat * dgamma / len(x)), dgamma, dbeta


# %% wrong="centred_x_on_the_path_through_the_variance" exercise="batchnorm_backward" says="x - mean stands where"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    centred = x - x.mean(dim=0)
    inverse_std = torch.rsqrt(x.var(dim=0, correction=0) + eps)
    dgamma, dbeta = (dy * centred * inverse_std).sum(dim=0), dy.sum(dim=0)
    return gamma * inverse_std * (dy - dbeta / len(x) - centred * dgamma / len(x)), dgamma, dbeta


# %% wrong="by_functorch" exercise="batchnorm_backward" says="by hand: its answer may not"
from functorch import grad


def batchnorm_backward(dy, x, gamma, eps=1e-5):
    def loss(x, gamma, beta):
        return (dy * F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)).sum()

    return grad(loss, argnums=(0, 1, 2))(x, gamma, torch.zeros_like(gamma))


# %% right="step_by_step" exercise="batchnorm_backward"
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


# %% right="einsum" exercise="batchnorm_backward"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    var, mean = torch.var_mean(x, dim=0, correction=0)
    inverse = torch.rsqrt(var + eps)
    x_hat = torch.einsum("nd,d->nd", x - mean, inverse)
    dgamma = torch.einsum("nd,nd->d", dy, x_hat)
    dbeta = torch.einsum("nd->d", dy)
    dx = torch.einsum("d,nd->nd", gamma * inverse / len(x), len(x) * dy - dbeta - x_hat * dgamma)
    return dx, dgamma, dbeta


# %% right="jacobian_per_feature" exercise="batchnorm_backward"
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


# %% right="own_names_that_torch_has_too" exercise="batchnorm_backward"
def batchnorm_backward(dy, x, gamma, eps=1e-5):
    def func(values):
        return values - values.mean(dim=0)

    centred = func(x)
    inverse_std = torch.rsqrt(centred.square().mean(dim=0) + eps)
    x_hat = centred * inverse_std
    backward = func(dy) - x_hat * (dy * x_hat).mean(dim=0)
    return gamma * inverse_std * backward, (dy * x_hat).sum(dim=0), dy.sum(dim=0)


# %% wrong="unbiased_variance_in_training" exercise="BatchNorm" of="biased_running_variance" says="N − 1" keeps=2
# -             mean, var = x.mean(axes), x.var(axes, correction=0)
# +             mean, var = x.mean(axes), x.var(axes)
# %% wrong="biased_running_variance" exercise="BatchNorm" of="only_the_mean_is_updated" says="biased variance went in" keeps=2
#                   self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
# +                 self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var
# %% wrong="correction_by_batch_size" exercise="BatchNorm" of="correction_by_all_values" says="n is the batch size" keeps=2
# -             n = x.numel()
# +             n = len(x)
# %% wrong="running_standard_deviation" exercise="BatchNorm" of="biased_running_variance" says="the standard deviation where the variance belongs" keeps=2
# -                 self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var
# +                 self.running_var = (1 - self.momentum) * self.running_var + self.momentum * (var * n / (n - 1)).sqrt()
# %% wrong="eps_in_the_running_variance" exercise="BatchNorm" of="biased_running_variance" says="eps went in" keeps=2
# -                 self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var
# +                 self.running_var = (1 - self.momentum) * self.running_var + self.momentum * (
# +                     var * n / (n - 1) + self.eps
# +                 )
# %% wrong="momentum_the_wrong_way_round" exercise="BatchNorm" of="only_the_mean_is_updated" says="is the wrong way round" keeps=2
# -                 self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
# +                 self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean
# +                 self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var * n / (n - 1)
# %% wrong="momentum_hard_coded" exercise="BatchNorm" of="computes_in_float64" says="is a fixed 0.1" keeps=2
# -         self.eps, self.momentum = eps, momentum
# +         self.eps, self.momentum = eps, 0.1
#
# -         x = x.double()
# %% wrong="running_statistics_overwritten" exercise="BatchNorm" of="only_the_mean_is_updated" says="became the value of this batch" keeps=2
# -                 self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
# +                 self.running_mean = mean
# +                 self.running_var = var * n / (n - 1)
# %% wrong="running_statistics_never_updated" exercise="BatchNorm" of="only_the_mean_is_updated" says="did not change" keeps=2
# -             with torch.no_grad():
# -                 self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
# %% wrong="old_value_keeps_full_weight" exercise="BatchNorm" of="only_the_mean_is_updated" says="old value keeps its full weight" keeps=2
# -                 self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
# +                 self.running_mean = self.running_mean + self.momentum * mean
# +                 self.running_var = self.running_var + self.momentum * var * n / (n - 1)
# %% wrong="only_the_mean_is_updated" exercise="BatchNorm" of="computes_in_float64" says="running_var after a step" keeps=2
# -         x = x.double()
#
# -                 self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
# %% wrong="running_variance_starts_at_zero" exercise="BatchNorm" of="computes_in_float64" says="starts at 0"
# -         self.register_buffer("running_var", torch.ones(num_features))
# +         self.register_buffer("running_var", torch.zeros(num_features))
#       def forward(self, x):
# -         x = x.double()
# %% wrong="weight_starts_at_zero" exercise="BatchNorm" of="computes_in_float64" says="starts at 0"
# -         self.weight = nn.Parameter(torch.ones(num_features))
# +         self.weight = nn.Parameter(torch.zeros(num_features))
#
# -         x = x.double()
# %% wrong="statistics_are_plain_attributes" exercise="BatchNorm" of="running_variance_starts_at_zero" says="use self.register_buffer"
# -         self.register_buffer("running_mean", torch.zeros(num_features))
# -         self.register_buffer("running_var", torch.zeros(num_features))
# +         self.running_mean = torch.zeros(num_features)
# +         self.running_var = torch.ones(num_features)
# %% wrong="statistics_not_saved" exercise="BatchNorm" of="running_variance_starts_at_zero" says="use self.register_buffer"
# -         self.register_buffer("running_mean", torch.zeros(num_features))
# -         self.register_buffer("running_var", torch.zeros(num_features))
# +         self.register_buffer("running_mean", torch.zeros(num_features), persistent=False)
# +         self.register_buffer("running_var", torch.ones(num_features), persistent=False)
# %% wrong="statistics_are_parameters" exercise="BatchNorm" of="only_the_mean_is_updated" says="an optimizer would change them"
# -         self.register_buffer("running_mean", torch.zeros(num_features))
# -         self.register_buffer("running_var", torch.ones(num_features))
# +         self.running_mean = nn.Parameter(torch.zeros(num_features))
# +         self.running_var = nn.Parameter(torch.ones(num_features))
#
# -                 self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
# +                 self.running_mean.data = (1 - self.momentum) * self.running_mean + self.momentum * mean
# +                 self.running_var.data = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
# %% wrong="parameters_are_plain_tensors" exercise="BatchNorm" of="weight_starts_at_zero" says="wrap them in nn.Parameter"
# -         self.weight = nn.Parameter(torch.zeros(num_features))
# -         self.bias = nn.Parameter(torch.zeros(num_features))
# +         self.weight = torch.ones(num_features, requires_grad=True)
# +         self.bias = torch.zeros(num_features, requires_grad=True)
# %% wrong="parameters_are_buffers" exercise="BatchNorm" of="weight_starts_at_zero" says="no optimizer would train them"
# -         self.weight = nn.Parameter(torch.zeros(num_features))
# -         self.bias = nn.Parameter(torch.zeros(num_features))
# +         self.register_buffer("weight", torch.ones(num_features))
# +         self.register_buffer("bias", torch.zeros(num_features))
# %% wrong="names_gamma_and_beta" exercise="BatchNorm" of="weight_starts_at_zero" says="name them weight and bias"
# -         self.weight = nn.Parameter(torch.zeros(num_features))
# -         self.bias = nn.Parameter(torch.zeros(num_features))
# +         self.gamma = nn.Parameter(torch.ones(num_features))
# +         self.beta = nn.Parameter(torch.zeros(num_features))
#
# -         return self.weight.view(shape) * x_hat + self.bias.view(shape)
# +         return self.gamma.view(shape) * x_hat + self.beta.view(shape)
# %% wrong="statistics_shaped_for_images" exercise="BatchNorm" of="running_variance_starts_at_zero" says="running_mean of a new layer"
# -         self.register_buffer("running_mean", torch.zeros(num_features))
# -         self.register_buffer("running_var", torch.zeros(num_features))
# +         self.register_buffer("running_mean", torch.zeros(1, num_features, 1, 1))
# +         self.register_buffer("running_var", torch.ones(1, num_features, 1, 1))
# %% wrong="gamma_and_beta_ignored" exercise="BatchNorm" of="computes_in_float64" says="gamma and beta are not used"
# -         x = x.double()
#
# -         return self.weight.view(shape) * x_hat + self.bias.view(shape)
# +         return x_hat

# %% wrong="scaled_before_normalizing" exercise="BatchNorm" says="before it was normalized"
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


# %% wrong="gamma_and_beta_swapped" exercise="BatchNorm" of="gamma_and_beta_ignored" says="swapped"
# -         return x_hat
# +         return self.bias.view(shape) * x_hat + self.weight.view(shape)
# %% wrong="no_eps" exercise="BatchNorm" of="computes_in_float64" says="eps is missing"
# -         x = x.double()
#
# -         x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
# +         x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape))
# %% wrong="eps_hard_coded" exercise="BatchNorm" of="momentum_hard_coded" says="fixed number"
# -         self.eps, self.momentum = eps, 0.1
# +         self.eps, self.momentum = 1e-5, momentum
# %% wrong="eps_outside_the_root" exercise="BatchNorm" of="no_eps" says="eps stands outside the root"
# -         x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape))
# +         x_hat = (x - mean.view(shape)) / (torch.sqrt(var.view(shape)) + self.eps)
# %% wrong="eval_uses_the_batch" exercise="BatchNorm" of="mode_from_grad_enabled" says="statistics of the batch were used" keeps=3
# -         if torch.is_grad_enabled():
# -             mean, var = x.mean(axes), x.var(axes, correction=0)
# +         mean, var = x.mean(axes), x.var(axes, correction=0)
# +         if self.training:
#
# -         else:
# -             mean, var = self.running_mean, self.running_var
# %% wrong="eval_keeps_updating" exercise="BatchNorm" of="running_statistics_never_updated" says="only a step in training mode" keeps=3
# +         mean, var = self.running_mean, self.running_var
# +         batch_mean, batch_var = x.mean(axes), x.var(axes, correction=0)
# +         n = max(x.numel() / x.shape[1], 2)
# +         with torch.no_grad():
# +             self.running_mean = (1 - self.momentum) * mean + self.momentum * batch_mean
# +             self.running_var = (1 - self.momentum) * var + self.momentum * batch_var * n / (n - 1)
#           if self.training:
# -             mean, var = x.mean(axes), x.var(axes, correction=0)
# -             n = x.numel() / x.shape[1]
# -         else:
# -             mean, var = self.running_mean, self.running_var
# +             mean, var = batch_mean, batch_var
# %% wrong="train_uses_the_running_statistics" exercise="BatchNorm" of="only_the_mean_is_updated" says="running statistics were used" keeps=2
# -         else:
# -             mean, var = self.running_mean, self.running_var
# +                 self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
# +         mean, var = self.running_mean, self.running_var
# %% wrong="mode_from_grad_enabled" exercise="BatchNorm" of="computes_in_float64" says="torch.is_grad_enabled()"
# -         x = x.double()
#
# -         if self.training:
# +         if torch.is_grad_enabled():
# %% wrong="eval_divides_by_the_variance" exercise="BatchNorm" of="no_eps" says="divide by its square root" keeps=3
# -         x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape))
# +         x_hat = (x - mean.view(shape)) / (
# +             torch.sqrt(var.view(shape) + self.eps) if self.training else var.view(shape) + self.eps
# +         )
# %% wrong="eval_without_eps" exercise="BatchNorm" of="no_eps" says="eps is missing" keeps=3
# -         x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape))
# +         x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.training * self.eps)
# %% wrong="instance_norm_for_images" exercise="BatchNorm" of="computes_in_float64" says="instance normalization" keeps=2
# -         x = x.double()
# +         if x.ndim == 4 and self.training:
# +             mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3))
# +             with torch.no_grad():
# +                 self.running_mean.lerp_(mean, self.momentum)
# +                 self.running_var.lerp_(var, self.momentum)
# +             return F.instance_norm(x, weight=self.weight, bias=self.bias, eps=self.eps)
# %% wrong="statistics_per_pixel" exercise="BatchNorm" of="instance_norm_for_images" says="pixel has its own mean" keeps=2
# -             return F.instance_norm(x, weight=self.weight, bias=self.bias, eps=self.eps)
# +             var, mean = torch.var_mean(x, 0, correction=0)
# +             x_hat = (x - mean) / torch.sqrt(var + self.eps)
# +             return self.weight.view(1, -1, 1, 1) * x_hat + self.bias.view(1, -1, 1, 1)
# %% wrong="layer_norm_over_features" exercise="BatchNorm" of="no_eps" says="layer normalization" keeps=2
# -         x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape))
# +         if self.training:
# +             var, mean = torch.var_mean(x, list(range(1, x.ndim)), correction=0, keepdim=True)
# +             x_hat = (x - mean) / torch.sqrt(var + self.eps)
# +         else:
# +             x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
# %% wrong="running_statistics_carry_gradients" exercise="BatchNorm" of="running_statistics_never_updated" says="the running statistics carry no gradient" keeps=5 values_right="true"
#               n = x.numel() / x.shape[1]
# +             self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
# +             self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
# %% wrong="statistics_detached" exercise="BatchNorm" of="mode_from_grad_enabled" says="they depend on x too" keeps=5 values_right="true"
# -         if torch.is_grad_enabled():
# -             mean, var = x.mean(axes), x.var(axes, correction=0)
# +         if self.training:
# +             mean, var = x.detach().mean(axes), x.detach().var(axes, correction=0)
# %% wrong="weight_through_data" exercise="BatchNorm" of="gamma_and_beta_ignored" says="a gradient reaches weight" keeps=5 values_right="true"
# -         return x_hat
# +         return self.weight.data.view(shape) * x_hat + self.bias.view(shape)
# %% wrong="x_changed_in_place" exercise="BatchNorm" of="no_eps" says="in place" keeps=5 values_right="true"
# -         x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape))
# +         x -= mean.view(shape)
# +         x_hat = x / torch.sqrt(var.view(shape) + self.eps)
# %% wrong="another_default_of_eps" exercise="BatchNorm" of="another_default_of_momentum" says="with eps=1e-05" keeps=5 values_right="true"
# -     def __init__(self, num_features, eps=1e-5, momentum=0.9):
# +     def __init__(self, num_features, eps=1.0, momentum=0.1):
# %% wrong="another_default_of_momentum" exercise="BatchNorm" of="computes_in_float64" says="is the wrong way round" keeps=5 values_right="true"
# -     def __init__(self, num_features, eps=1e-5, momentum=0.1):
# +     def __init__(self, num_features, eps=1e-5, momentum=0.9):
#
# -         x = x.double()
# %% wrong="momentum_before_eps" exercise="BatchNorm" of="another_default_of_momentum" says="the order is num_features, eps, momentum" keeps=5 values_right="true"
# -     def __init__(self, num_features, eps=1e-5, momentum=0.9):
# +     def __init__(self, num_features, momentum=0.1, eps=1e-5):

# %% wrong="computes_in_float64" exercise="BatchNorm" says="dtype" keeps=5 values_right="true"
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


# %% wrong="running_statistics_in_float64" exercise="BatchNorm" of="only_the_mean_is_updated" says="running_mean of a new BatchNorm" keeps=5 values_right="true"
# -                 self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
# +                 self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean.double()
# +                 self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var.double() * n / (n - 1)
# %% wrong="a_flag_of_its_own" exercise="BatchNorm" of="mode_from_grad_enabled" says="read self.training" keeps=5 values_right="true"
#           self.register_buffer("running_var", torch.ones(num_features))
# +         self.by_batch = True
# +     def train(self, mode=True):
# +         self.by_batch = True
# +         return self
# +     def eval(self):
# +         self.by_batch = False
# +         return self
#
# -         if torch.is_grad_enabled():
# +         if self.by_batch:
# %% wrong="eval_keeps_the_root" exercise="BatchNorm" of="running_variance_starts_at_zero" says="gets stale" keeps=5 values_right="true"
# -         self.register_buffer("running_var", torch.zeros(num_features))
# +         self.register_buffer("running_var", torch.ones(num_features))
# +     def train(self, mode=True):
# +         self.std = None if mode else torch.sqrt(self.running_var + self.eps)
# +         return super().train(mode)
#
# -             mean, var = self.running_mean, self.running_var
# +             mean, var = self.running_mean, self.std**2 - self.eps
# %% wrong="buffers_shared_by_all_layers" exercise="BatchNorm" of="only_the_mean_is_updated" says="layers hold the same tensor" keeps=5 values_right="true"
#   class BatchNorm(nn.Module):
# +     zeros, ones = torch.zeros(100), torch.ones(100)
#
# -         self.register_buffer("running_mean", torch.zeros(num_features))
# -         self.register_buffer("running_var", torch.ones(num_features))
# +         self.register_buffer("running_mean", self.zeros[:num_features].zero_())
# +         self.register_buffer("running_var", self.ones[:num_features].fill_(1))
#
# -                 self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
# +                 self.running_mean.lerp_(mean, self.momentum)
# +                 self.running_var.lerp_(var * n / (n - 1), self.momentum)
# %% wrong="correction_by_all_values" exercise="BatchNorm" of="computes_in_float64" says="n is not the number of values per channel" keeps=2
# -         x = x.double()
#
# -             n = x.numel() / x.shape[1]
# +             n = x.numel()
# %% wrong="reshape_mixes_channels" exercise="BatchNorm" of="correction_by_all_values" says="reshape(-1, C)"
# -         axes = [0] if x.ndim == 2 else [0, 2, 3]
# -         shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
# +         rows = x.reshape(-1, x.shape[1])
#
# -             mean, var = x.mean(axes), x.var(axes, correction=0)
# -             n = x.numel()
# +             mean, var = rows.mean(dim=0), rows.var(dim=0, correction=0)
# +             n = len(rows)
#
# -         x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
# -         return self.weight.view(shape) * x_hat + self.bias.view(shape)
# +         x_hat = (rows - mean) / torch.sqrt(var + self.eps)
# +         return (self.weight * x_hat + self.bias).reshape(x.shape)

# %% right="torch_functional" exercise="BatchNorm"
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


# %% right="inherits_from_torch" exercise="BatchNorm"
class BatchNorm(nn.modules.batchnorm._BatchNorm):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__(num_features, eps, momentum)

    def _check_input_dim(self, x):
        if x.ndim not in (2, 4):
            raise ValueError("x must have shape (N, C) or (N, C, H, W)")


# %% right="channels_last" exercise="BatchNorm" of="running_statistics_never_updated"
# -         axes = [0] if x.ndim == 2 else [0, 2, 3]
# -         shape = [1, -1] if x.ndim == 2 else [1, -1, 1, 1]
# +         rows = x.movedim(1, -1)
# +         flat = rows.reshape(-1, x.shape[1])
#
# -             mean, var = x.mean(axes), x.var(axes, correction=0)
# -             n = x.numel() / x.shape[1]
# +             var, mean = torch.var_mean(flat, dim=0, unbiased=False)
# +             unbiased = flat.detach().var(dim=0)
# +             self.running_mean.mul_(1 - self.momentum).add_(self.momentum * mean.detach())
# +             self.running_var.mul_(1 - self.momentum).add_(self.momentum * unbiased)
#
# -         x_hat = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
# -         return self.weight.view(shape) * x_hat + self.bias.view(shape)
# +         y = (flat - mean) * (self.weight * (var + self.eps).rsqrt()) + self.bias
# +         return y.reshape(rows.shape).movedim(-1, 1)

# %% right="einsum" exercise="BatchNorm"
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


# %% right="data_attribute_updates" exercise="BatchNorm"
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


# %% wrong="no_root" exercise="fuse_conv_bn" of="gamma_not_used" says="divide by its root"
# -     scale = 1 / (running_var + eps).sqrt()
# +     scale = gamma / (running_var + eps)
# %% wrong="multiplied_by_the_root" exercise="fuse_conv_bn" of="gamma_not_used" says="was multiplied by the root"
# -     scale = 1 / (running_var + eps).sqrt()
# +     scale = gamma * (running_var + eps).sqrt()
# %% wrong="no_eps" exercise="fuse_conv_bn" of="gamma_not_used" says="eps is missing"
# -     scale = 1 / (running_var + eps).sqrt()
# +     scale = gamma / running_var.sqrt()
# %% wrong="eps_outside_the_root" exercise="fuse_conv_bn" of="gamma_not_used" says="eps stands outside the root"
# -     scale = 1 / (running_var + eps).sqrt()
# +     scale = gamma / (running_var.sqrt() + eps)
# %% wrong="eps_hard_coded" exercise="fuse_conv_bn" of="gamma_not_used" says="fixed number"
# -     scale = 1 / (running_var + eps).sqrt()
# +     scale = gamma / (running_var + 1e-5).sqrt()
# %% wrong="input_channels_scaled" exercise="fuse_conv_bn" of="weight_unchanged" says="input channels were scaled"
# -     return weight, (bias - running_mean) * scale + beta
# +     return weight * scale.view(1, -1, 1, 1), (bias - running_mean) * scale + beta
# %% wrong="weight_unchanged" exercise="fuse_conv_bn" of="no_bias_not_foreseen" says="weight did not change"
# -     return weight * scale.view(-1, 1, 1, 1), (bias - running_mean) * scale + beta
# +     bias = 0 if bias is None else bias
# +     return weight, (bias - running_mean) * scale + beta
# %% wrong="old_bias_lost" exercise="fuse_conv_bn" of="no_bias_not_foreseen" says="bias of the convolution was lost"
# -     return weight * scale.view(-1, 1, 1, 1), (bias - running_mean) * scale + beta
# +     return weight * scale.view(-1, 1, 1, 1), beta - running_mean * scale
# %% wrong="old_bias_unscaled" exercise="fuse_conv_bn" of="weight_unchanged" says="was added unscaled"
# -     return weight, (bias - running_mean) * scale + beta
# +     return weight * scale.view(-1, 1, 1, 1), bias + beta - running_mean * scale
# %% wrong="mean_unscaled" exercise="fuse_conv_bn" of="weight_unchanged" says="running_mean was not"
# -     return weight, (bias - running_mean) * scale + beta
# +     return weight * scale.view(-1, 1, 1, 1), bias * scale - running_mean + beta
# %% wrong="mean_not_subtracted" exercise="fuse_conv_bn" of="old_bias_lost" says="running_mean was not subtracted"
# -     return weight * scale.view(-1, 1, 1, 1), beta - running_mean * scale
# +     bias = torch.zeros_like(beta) if bias is None else bias
# +     return weight * scale.view(-1, 1, 1, 1), bias * scale + beta
# %% wrong="mean_added" exercise="fuse_conv_bn" of="weight_unchanged" says="running_mean was added"
# -     return weight, (bias - running_mean) * scale + beta
# +     return weight * scale.view(-1, 1, 1, 1), (bias + running_mean) * scale + beta
# %% wrong="beta_missing" exercise="fuse_conv_bn" of="weight_unchanged" says="beta is missing"
# -     return weight, (bias - running_mean) * scale + beta
# +     return weight * scale.view(-1, 1, 1, 1), (bias - running_mean) * scale
# %% wrong="beta_scaled" exercise="fuse_conv_bn" of="weight_unchanged" says="beta was scaled too"
# -     return weight, (bias - running_mean) * scale + beta
# +     return weight * scale.view(-1, 1, 1, 1), (bias - running_mean + beta) * scale
# %% wrong="gamma_not_used" exercise="fuse_conv_bn" of="no_bias_not_foreseen" says="gamma was not used"
# -     scale = gamma / (running_var + eps).sqrt()
# +     scale = 1 / (running_var + eps).sqrt()
# +     bias = 0 if bias is None else bias
# %% wrong="gamma_not_used_in_the_bias" exercise="fuse_conv_bn" of="gamma_not_used" says="gamma was not used"
# -     return weight * scale.view(-1, 1, 1, 1), (bias - running_mean) * scale + beta
# +     return weight * (gamma * scale).view(-1, 1, 1, 1), (bias - running_mean) * scale + beta

# %% wrong="no_bias_not_foreseen" exercise="fuse_conv_bn" says="is None"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma / (running_var + eps).sqrt()
    return weight * scale.view(-1, 1, 1, 1), (bias - running_mean) * scale + beta


# %% wrong="weight_changed_in_place" exercise="fuse_conv_bn" of="weight_unchanged" says="in place" keeps=2.5 values_right="true"
#       bias = 0 if bias is None else bias
# +     weight *= scale.view(-1, 1, 1, 1)
# %% wrong="another_default_of_eps" exercise="fuse_conv_bn" of="no_bias_not_foreseen" says="with eps left out" keeps=2.5 values_right="true"
# - def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
# + def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-3):
#       scale = gamma / (running_var + eps).sqrt()
# +     bias = 0 if bias is None else bias
# %% wrong="bias_returned_first" exercise="fuse_conv_bn" of="weight_unchanged" says="in the wrong order; return weight, bias"
# -     return weight, (bias - running_mean) * scale + beta
# +     return (bias - running_mean) * scale + beta, weight * scale.view(-1, 1, 1, 1)

# %% wrong="no_bias_stays_none" exercise="fuse_conv_bn" says="bias=None was returned"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma / torch.sqrt(running_var + eps)
    if bias is not None:
        bias = (bias - running_mean) * scale + beta
    return weight * scale[:, None, None, None], bias


# %% wrong="truth_of_a_tensor" exercise="fuse_conv_bn" says="ask `bias is None`"
# -     if bias is None:
# -         bias = torch.zeros_like(running_mean)
# +     bias = bias or torch.zeros_like(beta)

# %% right="einsum" exercise="fuse_conv_bn"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    scale = gamma * torch.rsqrt(running_var + eps)
    shift = beta - running_mean * scale
    if bias is not None:
        shift = shift + bias * scale
    return [torch.einsum("oikl,o->oikl", weight, scale), shift]


# %% right="loop_over_filters" exercise="fuse_conv_bn"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    if bias is None:
        bias = torch.zeros(len(weight), dtype=weight.dtype)
    filters, biases = [], []
    for c in range(len(weight)):
        scale = gamma[c] / (running_var[c] + eps) ** 0.5
        filters.append(weight[c] * scale)
        biases.append(scale * (bias[c] - running_mean[c]) + beta[c])
    return torch.stack(filters), torch.stack(biases)


# %% right="by_probing" exercise="fuse_conv_bn"
def fuse_conv_bn(weight, bias, running_mean, running_var, gamma, beta, eps=1e-5):
    def bn(rows):
        return F.batch_norm(rows, running_mean, running_var, gamma, beta, training=False, eps=eps)

    offset = bn(torch.zeros_like(beta)[None])
    flat = weight.flatten(1).T
    fused_bias = bn((torch.zeros_like(beta) if bias is None else bias)[None])[0]
    return (bn(flat) - offset).T.reshape(weight.shape), fused_bias


# %% wrong="averages_over_the_batch" exercise="layer_norm" says="average over the features"
# -     mean = x.mean(dim=1, keepdim=True)
# -     var = x.var(dim=1, correction=0, keepdim=True)
# +     mean, var = x.mean(0), x.var(0, correction=0)
# %% wrong="keepdim_forgotten" exercise="layer_norm" says="keepdim=True"
# -     mean = x.mean(dim=1, keepdim=True)
# -     var = x.var(dim=1, correction=0, keepdim=True)
# +     mean, var = x.mean(1), x.var(1, correction=0)
# %% wrong="one_mean_for_everything" exercise="layer_norm" of="transposed_batchnorm" says="every example has its own"
# -     return gamma * F.batch_norm(x.T, None, None, training=True, eps=eps).T + beta
# +     return gamma * (x - x.mean()) / torch.sqrt(x.var(correction=0) + eps) + beta
# %% wrong="unbiased_variance" exercise="layer_norm" says="N − 1"
# -     mean = x.mean(dim=1, keepdim=True)
# -     var = x.var(dim=1, correction=0, keepdim=True)
# +     mean, var = x.mean(1, keepdim=True), x.var(1, keepdim=True)
# %% wrong="no_eps" exercise="layer_norm" of="transposed_batchnorm" says="eps is missing"
# -     return gamma * F.batch_norm(x.T, None, None, training=True, eps=eps).T + beta
# +     mean, var = x.mean(1, keepdim=True), x.var(1, keepdim=True, correction=0)
# +     return gamma * (x - mean) / torch.sqrt(var) + beta
# %% wrong="eps_outside_the_root" exercise="layer_norm" of="transposed_batchnorm" says="eps stands outside the root"
# -     return gamma * F.batch_norm(x.T, None, None, training=True, eps=eps).T + beta
# +     mean, std = x.mean(1, keepdim=True), x.std(1, keepdim=True, correction=0)
# +     return gamma * (x - mean) / (std + eps) + beta
# %% wrong="torch_std_plus_eps" exercise="layer_norm" of="eps_outside_the_root" says="divided by N − 1"
# -     mean, std = x.mean(1, keepdim=True), x.std(1, keepdim=True, correction=0)
# +     mean, std = x.mean(-1, keepdim=True), x.std(-1, keepdim=True)
# %% wrong="gamma_and_beta_ignored" exercise="layer_norm" of="transposed_batchnorm" says="gamma and beta are not used"
# -     return gamma * F.batch_norm(x.T, None, None, training=True, eps=eps).T + beta
# +     return F.layer_norm(x, x.shape[1:], eps=eps)
# %% wrong="scaled_before_normalizing" exercise="layer_norm" of="transposed_batchnorm" says="before it was normalized"
# -     return gamma * F.batch_norm(x.T, None, None, training=True, eps=eps).T + beta
# +     z = gamma * x + beta
# +     mean, var = z.mean(1, keepdim=True), z.var(1, keepdim=True, correction=0)
# +     return (z - mean) / torch.sqrt(var + eps)
# %% wrong="gamma_and_beta_swapped" exercise="layer_norm" of="transposed_batchnorm" says="swapped"
# -     return gamma * F.batch_norm(x.T, None, None, training=True, eps=eps).T + beta
# +     return F.layer_norm(x, x.shape[1:], beta, gamma, eps)
# %% wrong="gamma_per_example" exercise="layer_norm" of="no_eps" says="they belong to the features"
# -     return gamma * (x - mean) / torch.sqrt(var) + beta
# +     return gamma[:, None] * (x - mean) / torch.sqrt(var + eps) + beta[:, None]
# %% wrong="root_mean_square" exercise="layer_norm" of="transposed_batchnorm" says="mean was not subtracted"
# -     return gamma * F.batch_norm(x.T, None, None, training=True, eps=eps).T + beta
# +     var = x.var(1, keepdim=True, correction=0)
# +     return gamma * x / torch.sqrt(var + eps) + beta
# %% wrong="x_changed_in_place" exercise="layer_norm" of="transposed_batchnorm" says="in place" keeps=1.5 values_right="true"
# -     return gamma * F.batch_norm(x.T, None, None, training=True, eps=eps).T + beta
# +     x -= x.mean(1, keepdim=True)
# +     return gamma * x / torch.sqrt(x.var(1, keepdim=True, correction=0) + eps) + beta
# %% wrong="statistics_detached" exercise="layer_norm" of="averages_over_the_batch" says="they depend on x too" keeps=1.5 values_right="true"
# -     mean, var = x.mean(0), x.var(0, correction=0)
# +     with torch.no_grad():
# +         var, mean = torch.var_mean(x, 1, correction=0, keepdim=True)
# %% wrong="nothing_returned" exercise="layer_norm" of="transposed_batchnorm" says="without a return statement"
# -     return gamma * F.batch_norm(x.T, None, None, training=True, eps=eps).T + beta
# +     var, mean = torch.var_mean(x, 1, correction=0, keepdim=True)
# +     y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
# %% wrong="returned_as_numpy" exercise="layer_norm" of="transposed_batchnorm" says="NumPy"
# -     return gamma * F.batch_norm(x.T, None, None, training=True, eps=eps).T + beta
# +     return F.layer_norm(x, x.shape[1:], gamma, beta, eps).detach().numpy()
# %% wrong="softmax_in_place_of_norm" exercise="layer_norm" of="transposed_batchnorm" says="is wrong: expected"
# -     return gamma * F.batch_norm(x.T, None, None, training=True, eps=eps).T + beta
# +     return gamma * torch.softmax(x, dim=1) + beta

# %% wrong="another_default_of_eps" exercise="layer_norm" says="default of eps is another number" keeps=1.5 values_right="true"
def layer_norm(x, gamma, beta, eps=1e-6):
    mean, var = x.mean(dim=1, keepdim=True), x.var(dim=1, correction=0, keepdim=True)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta


# %% right="transposed_batchnorm" exercise="layer_norm"
def layer_norm(x, gamma, beta, eps=1e-5):
    return gamma * F.batch_norm(x.T, None, None, training=True, eps=eps).T + beta


# %% right="var_mean" exercise="layer_norm" of="transposed_batchnorm"
# -     return gamma * F.batch_norm(x.T, None, None, training=True, eps=eps).T + beta
# +     var, mean = torch.var_mean(x, dim=-1, unbiased=False)
# +     return (x - mean[:, None]) * torch.rsqrt(var + eps)[:, None] * gamma[None] + beta[None]

# %% right="loop_over_examples" exercise="layer_norm"
def layer_norm(x, gamma, beta, eps=1e-5):
    rows = []
    for row in x:
        centred = row - row.sum() / row.numel()
        rows.append(gamma * centred / ((centred * centred).sum() / row.numel() + eps) ** 0.5 + beta)
    return torch.stack(rows)


# %% wrong="averages_over_the_batch_too" exercise="instance_norm" of="groups_of_one" says="averaged over the images too"
# -     return F.group_norm(x, x.shape[1], gamma, beta, eps)
# +     return F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)
# %% wrong="averages_over_the_channels_too" exercise="instance_norm" of="groups_of_one" says="averaged over all channels"
# -     return F.group_norm(x, x.shape[1], gamma, beta, eps)
# +     mean, var = x.mean((1, 2, 3), keepdim=True), x.var((1, 2, 3), keepdim=True, correction=0)
# +     return gamma.view(1, -1, 1, 1) * (x - mean) / torch.sqrt(var + eps) + beta.view(1, -1, 1, 1)
# %% wrong="averages_over_the_channels_only" exercise="instance_norm" of="averages_over_the_channels_too" says="at each pixel"
# -     mean, var = x.mean((1, 2, 3), keepdim=True), x.var((1, 2, 3), keepdim=True, correction=0)
# +     mean, var = x.mean(1, keepdim=True), x.var(1, keepdim=True, correction=0)
# %% wrong="averages_over_rows_only" exercise="instance_norm" of="averages_over_the_channels_too" says="one of the two pixel axes"
# -     mean, var = x.mean((1, 2, 3), keepdim=True), x.var((1, 2, 3), keepdim=True, correction=0)
# +     mean, var = x.mean(-1, keepdim=True), x.var(-1, keepdim=True, correction=0)
# %% wrong="unbiased_variance" exercise="instance_norm" of="averages_over_the_channels_too" says="N − 1"
# -     mean, var = x.mean((1, 2, 3), keepdim=True), x.var((1, 2, 3), keepdim=True, correction=0)
# +     mean, var = x.mean((2, 3), keepdim=True), x.var((2, 3), keepdim=True)
# %% wrong="no_eps" exercise="instance_norm" of="groups_of_one" says="eps is missing"
# -     return F.group_norm(x, x.shape[1], gamma, beta, eps)
# +     mean, var = x.mean((2, 3), keepdim=True), x.var((2, 3), keepdim=True, correction=0)
# +     return gamma.view(1, -1, 1, 1) * (x - mean) / torch.sqrt(var) + beta.view(1, -1, 1, 1)
# %% wrong="eps_outside_the_root" exercise="instance_norm" of="groups_of_one" says="eps stands outside the root"
# -     return F.group_norm(x, x.shape[1], gamma, beta, eps)
# +     mean, std = x.mean((2, 3), keepdim=True), x.std((2, 3), keepdim=True, correction=0)
# +     return gamma.view(1, -1, 1, 1) * (x - mean) / (std + eps) + beta.view(1, -1, 1, 1)
# %% wrong="gamma_and_beta_ignored" exercise="instance_norm" of="groups_of_one" says="gamma and beta are not used"
# -     return F.group_norm(x, x.shape[1], gamma, beta, eps)
# +     return F.instance_norm(x, eps=eps)
# %% wrong="gamma_and_beta_swapped" exercise="instance_norm" of="groups_of_one" says="swapped"
# -     return F.group_norm(x, x.shape[1], gamma, beta, eps)
# +     return F.instance_norm(x, weight=beta, bias=gamma, eps=eps)
# %% wrong="gamma_along_the_width" exercise="instance_norm" of="no_eps" says="broadcast along the width"
# -     return gamma.view(1, -1, 1, 1) * (x - mean) / torch.sqrt(var) + beta.view(1, -1, 1, 1)
# +     return gamma * (x - mean) / torch.sqrt(var + eps) + beta
# %% wrong="default_eps_only" exercise="instance_norm" of="groups_of_one" says="fixed number"
# -     return F.group_norm(x, x.shape[1], gamma, beta, eps)
# +     return F.instance_norm(x, weight=gamma, bias=beta)
# %% wrong="statistics_detached" exercise="instance_norm" of="averages_over_the_channels_too" says="they depend on x too" keeps=1.5 values_right="true"
# -     mean, var = x.mean((1, 2, 3), keepdim=True), x.var((1, 2, 3), keepdim=True, correction=0)
# +     var, mean = torch.var_mean(x.detach(), (2, 3), correction=0, keepdim=True)
# %% wrong="x_changed_in_place" exercise="instance_norm" of="groups_of_one" says="in place" keeps=1.5 values_right="true"
# -     return F.group_norm(x, x.shape[1], gamma, beta, eps)
# +     var, mean = torch.var_mean(x, (2, 3), correction=0, keepdim=True)
# +     x.sub_(mean).div_((var + eps).sqrt())
# +     return gamma.view(1, -1, 1, 1) * x + beta.view(1, -1, 1, 1)

# %% right="flattened_pixels" exercise="instance_norm"
def instance_norm(x, gamma, beta, eps=1e-5):
    flat = x.flatten(2)
    centred = flat - flat.mean(2, keepdim=True)
    x_hat = centred * torch.rsqrt(centred.square().mean(2, keepdim=True) + eps)
    return (gamma[:, None] * x_hat + beta[:, None]).view_as(x)


# %% right="helper_function" exercise="instance_norm"
def standardized(x, axes, eps):
    centred = x - x.mean(axes, keepdim=True)
    return centred / (centred.pow(2).mean(axes, keepdim=True) + eps).sqrt()


def instance_norm(x, gamma, beta, eps=1e-5):
    return standardized(x, (-1, -2), eps) * gamma.reshape(-1, 1, 1) + beta.reshape(-1, 1, 1)


# %% right="loop_over_channels" exercise="instance_norm"
def instance_norm(x, gamma, beta, eps=1e-5):
    y = torch.zeros_like(x)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            plane = x[n, c]
            y[n, c] = gamma[c] * (plane - plane.mean()) / (plane.var(unbiased=False) + eps).sqrt() + beta[c]
    return y


# %% right="groups_of_one" exercise="instance_norm"
def instance_norm(x, gamma, beta, eps=1e-5):
    return F.group_norm(x, x.shape[1], gamma, beta, eps)


# %% wrong="axes_that_are_kept" exercise="reduced_axes" says="those that keep statistics"
# -     return {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}[kind]
# +     return {"batch": (1,), "layer": (0,), "instance": (0, 1)}[kind]
# %% wrong="pixel_axes_missing" exercise="reduced_axes" says="pixel axes H and W are missing"
# -     return {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}[kind]
# +     return {"batch": (0,), "layer": (1,), "instance": ()}[kind]
# %% wrong="counted_from_one" exercise="reduced_axes" says="are counted from 0 for N"
# -     return {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}[kind]
# +     return {"batch": (1, 3, 4), "layer": (2, 3, 4), "instance": (3, 4)}[kind]
# %% wrong="batch_and_layer_swapped" exercise="reduced_axes" says="these are the axes of layer normalization"
# -     return {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}[kind]
# +     return {"batch": (1, 2, 3), "layer": (0, 2, 3), "instance": (2, 3)}[kind]
# %% wrong="instance_for_layer" exercise="reduced_axes" says="these are the axes of layer normalization"
# -     return {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}[kind]
# +     return {"batch": (0, 2, 3), "layer": (2, 3), "instance": (1, 2, 3)}[kind]
# %% wrong="letters" exercise="reduced_axes" says="from 0 for N to 3 for W"
# -     return {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}[kind]
# +     return {"batch": ("N", "H", "W"), "layer": ("C", "H", "W"), "instance": ("H", "W")}[kind]
# %% wrong="all_axes" exercise="reduced_axes" says="axes were given"
# -     return {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}[kind]
# +     return (0, 1, 2, 3)
# %% wrong="one_number" exercise="reduced_axes" says="returns several axes"
# -     return {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}[kind]
# +     return {"batch": 0, "layer": 1, "instance": 2}[kind]
# %% wrong="truth_values" exercise="reduced_axes" says="(True, False, True, True)"
# -     return {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}[kind]
# +     kept = {"batch": "C", "layer": "N", "instance": "NC"}[kind]
# +     return tuple(axis not in kept for axis in "NCHW")

# %% right="negative_axes" exercise="reduced_axes"
def reduced_axes(kind):
    if kind == "batch":
        return [-1, -2, 0]
    if kind == "layer":
        return [-1, -2, -3]
    return [-1, -2]


# %% right="sets" exercise="reduced_axes"
# -     return {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}[kind]
# +     kept = {"batch": {1}, "layer": {0}, "instance": {0, 1}}
# +     return {0, 1, 2, 3} - kept[kind]
# %% right="ranges_and_generators" exercise="reduced_axes"
# -     return {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}[kind]
# +     if kind == "batch":
# +         return (axis for axis in range(4) if axis != 1)
# +     return range(1, 4) if kind == "layer" else range(2, 4)

# %% right="numpy" exercise="reduced_axes"
import numpy as np


def reduced_axes(kind):
    if kind == "instance":
        return np.array([2, 3])
    return tuple(np.setdiff1d(np.arange(4), [1 if kind == "batch" else 0]))


# %% wrong="interleaved_groups" exercise="group_norm" of="averages_over_the_images" says="groups are interleaved"
# -     g = x.reshape(n, groups, c // groups, h, w)
# -     mean, var = g.mean((0, 2, 3, 4), keepdim=True), g.var((0, 2, 3, 4), keepdim=True, correction=0)
# +     g = x.reshape(n, c // groups, groups, h, w)
# +     mean, var = g.mean((1, 3, 4), keepdim=True), g.var((1, 3, 4), keepdim=True, correction=0)

# %% wrong="channels_per_group" exercise="group_norm" says="was taken for the number of channels"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    if x.shape[1] % groups != 0:
        raise ValueError("groups must divide the channels")
    return F.group_norm(x, x.shape[1] // groups, gamma, beta, eps)


# %% wrong="averages_over_the_images" exercise="group_norm" of="no_value_error" says="averaged over the images too"
# +     if c % groups != 0:
# +         raise ValueError("groups must divide the channels")
#       g = x.reshape(n, groups, c // groups, h, w)
# -     mean, var = g.mean((2, 3, 4), keepdim=True), g.var((2, 3, 4), keepdim=True, correction=0)
# +     mean, var = g.mean((0, 2, 3, 4), keepdim=True), g.var((0, 2, 3, 4), keepdim=True, correction=0)
# %% wrong="averages_over_the_channels_only" exercise="group_norm" of="averages_over_the_images" says="average over H and W too"
# -     mean, var = g.mean((0, 2, 3, 4), keepdim=True), g.var((0, 2, 3, 4), keepdim=True, correction=0)
# +     mean, var = g.mean(2, keepdim=True), g.var(2, keepdim=True, correction=0)
# %% wrong="groups_ignored" exercise="group_norm" of="channels_per_group" says="layer normalization"
# -     return F.group_norm(x, x.shape[1] // groups, gamma, beta, eps)
# +     return F.group_norm(x, 1, gamma, beta, eps)
# %% wrong="each_channel_alone" exercise="group_norm" of="groups_ignored" says="instance normalization"
# -     return F.group_norm(x, 1, gamma, beta, eps)
# +     return F.instance_norm(x, weight=gamma, bias=beta, eps=eps)

# %% wrong="no_value_error" exercise="group_norm" says="should end in an error" keeps=3 values_right="true"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    n, c, h, w = x.shape
    g = x.reshape(n, groups, c // groups, h, w)
    mean, var = g.mean((2, 3, 4), keepdim=True), g.var((2, 3, 4), keepdim=True, correction=0)
    x_hat = ((g - mean) / torch.sqrt(var + eps)).reshape(n, c, h, w)
    return gamma.view(1, c, 1, 1) * x_hat + beta.view(1, c, 1, 1)


# %% wrong="assertion_for_value_error" exercise="group_norm" says="ValueError" keeps=3 values_right="true"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    assert x.shape[1] % groups == 0
    return F.group_norm(x, groups, gamma, beta, eps)


# %% wrong="last_channels_left_over" exercise="group_norm" says="ValueError" keeps=3 values_right="true"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    n, c, h, w = x.shape
    size = max(c // groups, 1)
    y = torch.zeros_like(x)
    for start in range(0, c, size):
        part = x[:, start : start + size]
        mean, var = part.mean((1, 2, 3), keepdim=True), part.var((1, 2, 3), keepdim=True, correction=0)
        y[:, start : start + size] = (part - mean) / torch.sqrt(var + eps)
    return gamma.view(1, c, 1, 1) * y + beta.view(1, c, 1, 1)


# %% wrong="unbiased_variance" exercise="group_norm" of="averages_over_the_images" says="N − 1"
# -     mean, var = g.mean((0, 2, 3, 4), keepdim=True), g.var((0, 2, 3, 4), keepdim=True, correction=0)
# +     mean, var = g.mean((2, 3, 4), keepdim=True), g.var((2, 3, 4), keepdim=True)
# %% wrong="eps_outside_the_root" exercise="group_norm" of="averages_over_the_images" says="eps stands outside the root"
# -     mean, var = g.mean((0, 2, 3, 4), keepdim=True), g.var((0, 2, 3, 4), keepdim=True, correction=0)
# -     x_hat = ((g - mean) / torch.sqrt(var + eps)).reshape(n, c, h, w)
# +     mean, std = g.mean((2, 3, 4), keepdim=True), g.std((2, 3, 4), keepdim=True, correction=0)
# +     x_hat = ((g - mean) / (std + eps)).reshape(n, c, h, w)

# %% wrong="no_eps" exercise="group_norm" says="eps is missing"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    n, c, h, w = x.shape
    if c % groups != 0:
        raise ValueError("groups must divide the channels")
    g = x.reshape(n, groups, -1)
    x_hat = (g - g.mean(2, keepdim=True)) / g.std(2, keepdim=True, correction=0)
    return gamma.view(1, c, 1, 1) * x_hat.reshape(x.shape) + beta.view(1, c, 1, 1)


# %% wrong="gamma_and_beta_ignored" exercise="group_norm" of="channels_per_group" says="gamma and beta are not used"
# -     return F.group_norm(x, x.shape[1] // groups, gamma, beta, eps)
# +     return F.group_norm(x, groups, eps=eps)
# %% wrong="scaled_before_normalizing" exercise="group_norm" of="no_eps" says="before it was normalized"
# -     g = x.reshape(n, groups, -1)
# -     x_hat = (g - g.mean(2, keepdim=True)) / g.std(2, keepdim=True, correction=0)
# -     return gamma.view(1, c, 1, 1) * x_hat.reshape(x.shape) + beta.view(1, c, 1, 1)
# +     z = gamma.view(1, c, 1, 1) * x + beta.view(1, c, 1, 1)
# +     g = z.reshape(n, groups, -1)
# +     mean, var = g.mean(2, keepdim=True), g.var(2, keepdim=True, correction=0)
# +     return ((g - mean) / torch.sqrt(var + eps)).view(n, c, h, w)
# %% wrong="gamma_and_beta_swapped" exercise="group_norm" of="gamma_and_beta_ignored" says="swapped"
# -     return F.group_norm(x, groups, eps=eps)
# +     return F.group_norm(x, groups, beta, gamma, eps)
# %% wrong="one_gamma_per_group" exercise="group_norm" of="averages_over_the_images" says="one gamma and beta per group"
# -     mean, var = g.mean((0, 2, 3, 4), keepdim=True), g.var((0, 2, 3, 4), keepdim=True, correction=0)
# -     x_hat = ((g - mean) / torch.sqrt(var + eps)).reshape(n, c, h, w)
# -     return gamma.view(1, c, 1, 1) * x_hat + beta.view(1, c, 1, 1)
# +     mean, var = g.mean((2, 3, 4), keepdim=True), g.var((2, 3, 4), keepdim=True, correction=0)
# +     x_hat = (g - mean) / torch.sqrt(var + eps)
# +     y = gamma[:groups].view(1, groups, 1, 1, 1) * x_hat + beta[:groups].view(1, groups, 1, 1, 1)
# +     return y.reshape(x.shape)
# %% wrong="statistics_detached" exercise="group_norm" of="averages_over_the_images" says="they depend on x too" keeps=3 values_right="true"
# -     mean, var = g.mean((0, 2, 3, 4), keepdim=True), g.var((0, 2, 3, 4), keepdim=True, correction=0)
# +     var, mean = torch.var_mean(g.detach(), (2, 3, 4), correction=0, keepdim=True)
# %% wrong="one_group_for_each_channel_alone" exercise="group_norm" of="gamma_and_beta_ignored" says="instance normalization" keeps=1
# -     return F.group_norm(x, groups, eps=eps)
# +     return F.group_norm(x, x.shape[1] if groups == 1 else groups, gamma, beta, eps)

# %% right="five_dimensions" exercise="group_norm"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    n, c, h, w = x.shape
    if c % groups:
        raise ValueError(f"{c} channels cannot be divided into {groups} groups")
    g = x.view(n, groups, c // groups, h, w)
    var, mean = torch.var_mean(g, dim=(2, 3, 4), unbiased=False, keepdim=True)
    return ((g - mean) / (var + eps) ** 0.5).view_as(x) * gamma.view(1, c, 1, 1) + beta.view(1, c, 1, 1)


# %% right="loop_over_groups" exercise="group_norm"
def group_norm(x, groups, gamma, beta, eps=1e-5):
    if x.size(1) % groups != 0:
        raise ValueError("groups must divide the channels")
    size = x.size(1) // groups
    parts = []
    for part in x.split(size, dim=1):
        centred = part - part.mean(dim=(1, 2, 3), keepdim=True)
        parts.append(centred / torch.sqrt((centred**2).mean(dim=(1, 2, 3), keepdim=True) + eps))
    return torch.cat(parts, dim=1) * gamma[None, :, None, None] + beta[None, :, None, None]


# %% right="torch_functional" exercise="group_norm" of="channels_per_group"
# -     if x.shape[1] % groups != 0:
# +     if x.shape[1] % groups:
#
# -     return F.group_norm(x, x.shape[1] // groups, gamma, beta, eps)
# +     return F.group_norm(x, groups, gamma, beta, eps=eps)
# %% wrong="squared_mean_deviation" exercise="batchnorm_train" says="averaged and then squared"
# -     var = x.var(dim=0, correction=0)
# +     var = (x - mean).mean(dim=0) ** 2
# %% wrong="absolute_deviation_squared" exercise="batchnorm_train" says="averaged and then squared"
# -     var = x.var(dim=0, correction=0)
# +     var = (x - mean).abs().mean(dim=0) ** 2
# %% wrong="absolute_deviation" exercise="batchnorm_train" says="absolute deviations were averaged"
# -     var = x.var(dim=0, correction=0)
# +     var = (x - mean).abs().mean(dim=0)
# %% wrong="sum_of_squares" exercise="batchnorm_train" says="squared deviations were added up"
# -     var = x.var(dim=0, correction=0)
# +     var = ((x - mean) ** 2).sum(dim=0)
# %% wrong="negative_variance" exercise="batchnorm_train" says="the other way round"
# -     var = x.var(dim=0, correction=0)
# +     var = mean**2 - (x**2).mean(dim=0)
# %% wrong="std_called_var" exercise="batchnorm_train" says="his is the standard deviation"
# -     var = x.var(dim=0, correction=0)
# +     var = x.std(dim=0, correction=0)
# %% wrong="variance_over_the_features" exercise="batchnorm_train" says="average over the examples"
# -     var = x.var(dim=0, correction=0)
# +     var = x.var(dim=1, correction=0)
# %% wrong="sum_for_the_mean" exercise="batchnorm_train" says="the mean is their sum divided by N"
# -     mean = x.mean(dim=0)
# +     mean = x.sum(dim=0)
# %% wrong="unbiased_and_no_beta" exercise="batchnorm_train" says="beta is not used"
# -     var = x.var(dim=0, correction=0)
# -     y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
# +     var = x.var(dim=0)
# +     y = gamma * (x - mean) / torch.sqrt(var + eps)
# %% wrong="no_beta_and_unbiased" exercise="batchnorm_train" of="unbiased_and_no_beta" says="divided by N − 1"
# -     var = x.var(dim=0)
# +     var = ((x - mean) ** 2).sum(dim=0) / (len(x) - 1)
# %% wrong="mean_of_shape_1" exercise="batchnorm_train" says="every feature needs its own"
# -     mean = x.mean(dim=0)
# -     var = x.var(dim=0, correction=0)
# +     mean = x.mean().reshape(1)
# +     var = x.var(correction=0).reshape(1)
# %% wrong="parentheses_forgotten" exercise="batchnorm_train" says="x - mean needs parentheses"
# -     y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
# +     y = gamma * x - mean / torch.sqrt(var + eps) + beta
# %% wrong="mean_divided_alone" exercise="batchnorm_train" says="x - mean needs parentheses"
# -     y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
# +     y = gamma * (x - mean / torch.sqrt(var + eps)) + beta
# %% wrong="eps_after_the_division" exercise="batchnorm_train" says="eps was added after the division"
# -     y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
# +     x_hat = (x - mean) / torch.sqrt(var) + eps
# +     y = gamma * x_hat + beta
# %% wrong="root_of_the_root" exercise="batchnorm_train" says="his is the standard deviation"
# -     y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
# +     y = gamma * (x - mean) / torch.sqrt(torch.sqrt(var) + eps) + beta
# %% wrong="another_fixed_eps" exercise="batchnorm_train" says="fixed number"
# -     y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
# +     y = gamma * (x - mean) / torch.sqrt(var + 1e-8) + beta
# %% wrong="math_for_torch" exercise="batchnorm_train" says="torch.sqrt for math.sqrt"
# -     y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
# +     import math
# +     y = gamma * (x - mean) / math.sqrt(var + eps) + beta
# %% wrong="no_return" exercise="batchnorm_train" says="no return statement"
# -     return y, mean, var
# +     print(y, mean, var)
# %% wrong="mean_cut_off" exercise="batchnorm_train" says="mean was cut off" keeps=2.5 values_right="true"
# -     y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
# +     y = gamma * (x - mean.detach()) / torch.sqrt(var + eps) + beta
# %% wrong="variance_cut_off" exercise="batchnorm_train" says="variance was cut off" keeps=2.5 values_right="true"
# -     y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
# +     y = gamma * (x - mean) / torch.sqrt(var.detach() + eps) + beta
# %% wrong="no_default_of_eps" exercise="batchnorm_train" says="eps has no default value" keeps=2.5 values_right="true"
# - def batchnorm_train(x, gamma, beta, eps=1e-5):
# + def batchnorm_train(x, gamma, beta, eps):
# %% wrong="sign_of_the_mean_path" exercise="batchnorm_backward" says="path through the mean is subtracted"
# -     dx = gamma * inverse_std * (dy - dbeta / len(x) - x_hat * dgamma / len(x))
# +     dx = gamma * inverse_std * (dy + dbeta / len(x) - x_hat * dgamma / len(x))
# %% wrong="both_signs" exercise="batchnorm_backward" says="path through the variance is subtracted"
# -     dx = gamma * inverse_std * (dy - dbeta / len(x) - x_hat * dgamma / len(x))
# +     dx = gamma * inverse_std * (dy + dbeta / len(x) + x_hat * dgamma / len(x))
# %% wrong="first_sign_of_two" exercise="batchnorm_backward" of="both_signs" says="path through the mean is subtracted"
# -     dx = gamma * inverse_std * (dy + dbeta / len(x) + x_hat * dgamma / len(x))
# +     dx = gamma * inverse_std * (dy + dy.mean(dim=0) + x_hat * (dy * x_hat).mean(dim=0))
# %% wrong="gradient_minus_itself" exercise="batchnorm_backward" says="sign is wrong"
# -     dx = gamma * inverse_std * (dy - dbeta / len(x) - x_hat * dgamma / len(x))
# +     dx = gamma * inverse_std * (dbeta / len(x) + x_hat * dgamma / len(x) - dy)
# %% wrong="n_forgotten_in_the_first_term" exercise="batchnorm_backward" says="is N * dy"
# -     dx = gamma * inverse_std * (dy - dbeta / len(x) - x_hat * dgamma / len(x))
# +     dx = gamma * inverse_std / len(x) * (dy - dbeta - x_hat * dgamma)
# %% wrong="division_by_n_forgotten" exercise="batchnorm_backward" says="N times too large"
# -     dx = gamma * inverse_std * (dy - dbeta / len(x) - x_hat * dgamma / len(x))
# +     dx = gamma * inverse_std * (len(x) * dy - dbeta - x_hat * dgamma)
# %% wrong="x_for_x_hat" exercise="batchnorm_backward" says="x stands where the normalized x belongs"
# -     dx = gamma * inverse_std * (dy - dbeta / len(x) - x_hat * dgamma / len(x))
# +     dx = gamma * inverse_std * (dy - dbeta / len(x) - x * dgamma / len(x))
# %% wrong="gamma_twice" exercise="batchnorm_backward" says="gamma was multiplied in twice"
# -     dx = gamma * inverse_std * (dy - dbeta / len(x) - x_hat * dgamma / len(x))
# +     dy = gamma * dy
# +     dx = gamma * inverse_std * (dy - dy.mean(dim=0) - x_hat * (dy * x_hat).mean(dim=0))
# %% wrong="unbiased_and_no_gamma" exercise="batchnorm_backward" says="gamma is missing"
# -     inverse_std = torch.rsqrt(x.var(dim=0, correction=0) + eps)
# +     inverse_std = torch.rsqrt(x.var(dim=0) + eps)
# ...
# -     dx = gamma * inverse_std * (dy - dbeta / len(x) - x_hat * dgamma / len(x))
# +     dx = inverse_std * (dy - dbeta / len(x) - x_hat * dgamma / len(x))
# %% wrong="averaged_dgamma_divided_again" exercise="batchnorm_backward" says="was averaged over the batch"
# -     dgamma = (dy * x_hat).sum(dim=0)
# -     dbeta = dy.sum(dim=0)
# +     dgamma = (dy * x_hat).mean(dim=0)
# +     dbeta = dy.mean(dim=0)
# %% wrong="biased_and_the_wrong_way_round" exercise="BatchNorm" says="the biased variance went in" keeps=2
# -         self.running_mean.lerp_(mean, self.momentum)
# -         self.running_var.lerp_(var * count / (count - 1), self.momentum)
# +         self.running_mean.lerp_(mean, 1 - self.momentum)
# +         self.running_var.lerp_(var, 1 - self.momentum)
# %% wrong="correction_inverted" exercise="BatchNorm" says="multiplied by (n - 1) / n" keeps=2
# -         self.running_var.lerp_(var * count / (count - 1), self.momentum)
# +         self.running_var.lerp_(var * (count - 1) / count, self.momentum)
# %% wrong="eval_returns_early" exercise="BatchNorm" says="gamma and beta are not used" keeps=3
# -             mean, var = self.running_mean, self.running_var
# +             shape = (1, -1) + (1,) * (x.ndim - 2)
# +             std = torch.sqrt(self.running_var + self.eps)
# +             return (x - self.running_mean.view(shape)) / std.view(shape)
# %% wrong="one_mean_for_all_channels" exercise="BatchNorm" says="every channel needs its own" keeps=2
# -             mean, var = x.mean(dim=axes), x.var(dim=axes, correction=0)
# +             mean = x.mean().expand(x.shape[1])
# +             var = x.var(correction=0).expand(x.shape[1])
# %% wrong="no_super" exercise="BatchNorm" says="`super().__init__()` is missing"
# -         super().__init__()
# %% wrong="images_only" exercise="BatchNorm" says="works for images, (N, C, H, W), but not for (N, C)" keeps=2
# -         axes = [axis for axis in range(x.ndim) if axis != 1]
# +         axes = (0, 2, 3)
# %% wrong="parameters_with_four_axes" exercise="BatchNorm" says="weight of a new layer"
# -         self.weight = nn.Parameter(torch.ones(num_features))
# +         self.weight = nn.Parameter(torch.ones(1, num_features, 1, 1))
# %% wrong="eps_after_the_division" exercise="fuse_conv_bn" says="eps was added after the division"
# -     scale = gamma / torch.sqrt(running_var + eps)
# +     scale = gamma / torch.sqrt(running_var) + eps
# %% wrong="no_eps_and_no_mean" exercise="fuse_conv_bn" says="running_mean was not subtracted"
# -     scale = gamma / torch.sqrt(running_var + eps)
# +     scale = gamma / torch.sqrt(running_var)
# ...
# -     return weight * scale[:, None, None, None], (bias - running_mean) * scale + beta
# +     return weight * scale[:, None, None, None], bias * scale + beta
# %% wrong="scaled_along_the_kernel" exercise="fuse_conv_bn" says="print both shapes"
# -     return weight * scale[:, None, None, None], (bias - running_mean) * scale + beta
# +     return weight * scale, (bias - running_mean) * scale + beta
# %% wrong="weight_alone" exercise="fuse_conv_bn" says="returns 2 values"
# -     return weight * scale[:, None, None, None], (bias - running_mean) * scale + beta
# +     return weight * scale[:, None, None, None]
# %% wrong="unbiased_and_no_beta" exercise="layer_norm" says="beta is not used"
# -     var = x.var(dim=1, correction=0, keepdim=True)
# -     return gamma * (x - mean) / torch.sqrt(var + eps) + beta
# +     var = x.var(dim=1, keepdim=True)
# +     return gamma * (x - mean) / torch.sqrt(var + eps)
# %% wrong="eps_hard_coded" exercise="layer_norm" says="fixed number"
# -     return gamma * (x - mean) / torch.sqrt(var + eps) + beta
# +     return gamma * (x - mean) / torch.sqrt(var + 1e-5) + beta
# %% wrong="variance_over_the_examples" exercise="layer_norm" says="variance was taken over the wrong axes"
# -     var = x.var(dim=1, correction=0, keepdim=True)
# +     var = x.var(dim=0, correction=0, keepdim=True)
# %% wrong="absolute_deviation" exercise="layer_norm" says="absolute deviations were averaged"
# -     var = x.var(dim=1, correction=0, keepdim=True)
# +     var = (x - mean).abs().mean(dim=1, keepdim=True)
# %% wrong="over_channels_and_rows" exercise="instance_norm" says="run over other axes"
# -     mean = x.mean(dim=(2, 3), keepdim=True)
# -     var = x.var(dim=(2, 3), correction=0, keepdim=True)
# +     mean = x.mean(dim=(1, 2), keepdim=True)
# +     var = x.var(dim=(1, 2), correction=0, keepdim=True)
# %% wrong="over_images_and_channels" exercise="instance_norm" of="over_channels_and_rows" says="run over other axes"
# -     mean = x.mean(dim=(1, 2), keepdim=True)
# -     var = x.var(dim=(1, 2), correction=0, keepdim=True)
# +     mean = x.mean(dim=(0, 1), keepdim=True)
# +     var = x.var(dim=(0, 1), correction=0, keepdim=True)
# %% wrong="over_images_and_unbiased" exercise="instance_norm" of="over_channels_and_rows" says="divided by N − 1"
# -     mean = x.mean(dim=(1, 2), keepdim=True)
# -     var = x.var(dim=(1, 2), correction=0, keepdim=True)
# +     mean = x.mean(dim=(0, 2, 3), keepdim=True)
# +     var = x.var(dim=(0, 2, 3), keepdim=True)
# %% wrong="variance_over_the_channels_too" exercise="instance_norm" says="variance was taken over the wrong axes"
# -     var = x.var(dim=(2, 3), correction=0, keepdim=True)
# +     var = x.var(dim=(1, 2, 3), correction=0, keepdim=True)
# %% wrong="keepdim_forgotten" exercise="instance_norm" says="broadcast along height and width"
# -     mean = x.mean(dim=(2, 3), keepdim=True)
# +     mean = x.mean(dim=(2, 3))
# %% wrong="missing_kind" exercise="reduced_axes" says="is no return for this kind"
# -     return {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}[kind]
# +     return {"batch": (0, 2, 3), "layer": (1, 2, 3)}.get(kind)
# %% wrong="other_keys" exercise="reduced_axes" says="A dictionary has no such key"
# -     return {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}[kind]
# +     return {"batch_norm": (0, 2, 3), "layer_norm": (1, 2, 3), "instance_norm": (2, 3)}[kind]
# %% wrong="layer_at_each_pixel" exercise="reduced_axes" says="pixel axes H and W are missing"
# -     return {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}[kind]
# +     return {"batch": (0, 2, 3), "layer": (1,), "instance": (2, 3)}[kind]
# %% wrong="across_the_groups" exercise="group_norm" says="means run over the axis of the groups"
# -     grouped = x.reshape(n, groups, -1)
# -     mean = grouped.mean(dim=2, keepdim=True)
# -     var = grouped.var(dim=2, correction=0, keepdim=True)
# +     grouped = x.reshape(n, groups, c // groups, h, w)
# +     mean = grouped.mean(dim=(1, 3, 4), keepdim=True)
# +     var = grouped.var(dim=(1, 3, 4), correction=0, keepdim=True)
# %% wrong="condition_the_wrong_way_round" exercise="group_norm" says="that divide the channels were refused"
# -     if c % groups:
# +     if groups % c:
# %% wrong="error_returned" exercise="group_norm" says="the error is returned" keeps=3 values_right="true"
# -         raise ValueError(f"{groups} groups do not divide {c} channels")
# +         return ValueError(f"{groups} groups do not divide {c} channels")
# %% wrong="eps_hard_coded" exercise="group_norm" says="fixed number"
# -     x_hat = ((grouped - mean) / torch.sqrt(var + eps)).reshape(x.shape)
# +     x_hat = ((grouped - mean) / torch.sqrt(var + 1e-5)).reshape(x.shape)
# %% wrong="unbiased_and_eps_outside" exercise="group_norm" says="eps stands outside the root"
# -     var = grouped.var(dim=2, correction=0, keepdim=True)
# -     x_hat = ((grouped - mean) / torch.sqrt(var + eps)).reshape(x.shape)
# +     x_hat = ((grouped - mean) / (grouped.std(dim=2, keepdim=True) + eps)).reshape(x.shape)
# %% wrong="always_refuses" exercise="group_norm" says="that divide the channels were refused"
# -     n, c, h, w = x.shape
# +     raise ValueError("no groups")
# %% wrong="mean_of_squares_minus_the_mean" exercise="batchnorm_train" says="subtract the square of the mean"
# -     var = x.var(dim=0, correction=0)
# +     var = (x**2).mean(dim=0) - mean
# %% wrong="statistics_of_y" exercise="batchnorm_train" says="statistic of y"
# -     return y, mean, var
# +     return y, y.mean(dim=0), y.var(dim=0, correction=0)
# %% wrong="another_divisor" exercise="batchnorm_train" says="divided by another size of x"
# -     var = x.var(dim=0, correction=0)
# +     var = ((x - mean) ** 2).sum(dim=0) / x.shape[1]
# %% wrong="one_mean_for_the_numerator" exercise="batchnorm_train" says="variance was taken over the right ones"
# -     y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
# +     y = gamma * (x - mean.mean()) / torch.sqrt(var + eps) + beta
# %% wrong="eps_as_a_lower_bound" exercise="batchnorm_train" says="lower bound"
# -     y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
# +     y = gamma * (x - mean) / torch.sqrt(var.clamp(min=eps)) + beta
# %% wrong="difference_reversed" exercise="batchnorm_train" says="difference is reversed"
# -     y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
# +     y = gamma * (mean - x) / torch.sqrt(var + eps) + beta
# %% wrong="beta_divided_too" exercise="batchnorm_train" says="beta was divided by the root too"
# -     y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
# +     y = (gamma * (x - mean) + beta) / torch.sqrt(var + eps)
# %% wrong="two_values" exercise="batchnorm_train" says="return all 3 values"
# -     return y, mean, var
# +     return y, (mean, var)
# %% wrong="sums_over_the_features" exercise="batchnorm_backward" says="sum over the examples (axis 0)"
# -     dbeta = dy.sum(dim=0)
# +     dbeta = dy.sum(dim=1)
# %% wrong="std_for_its_inverse" exercise="batchnorm_backward" says="multiplied by the standard deviation"
# -     inverse_std = torch.rsqrt(x.var(dim=0, correction=0) + eps)
# +     inverse_std = torch.sqrt(x.var(dim=0, correction=0) + eps)
# %% wrong="statistics_of_each_example" exercise="batchnorm_backward" says="mean or variance of each example"
# -     x_hat = (x - x.mean(dim=0)) * inverse_std
# +     x_hat = (x - x.mean(dim=1, keepdim=True)) * inverse_std
# %% wrong="sums_swapped" exercise="batchnorm_backward" says="sums on the two paths are swapped"
# -     dx = gamma * inverse_std * (dy - dbeta / len(x) - x_hat * dgamma / len(x))
# +     dx = gamma * inverse_std * (dy - dgamma / len(x) - x_hat * dbeta / len(x))
# %% wrong="normalized_x_forgotten" exercise="batchnorm_backward" says="factor is missing on the path"
# -     dx = gamma * inverse_std * (dy - dbeta / len(x) - x_hat * dgamma / len(x))
# +     dx = gamma * inverse_std * (dy - dbeta / len(x) - dgamma / len(x))
# %% wrong="means_over_n_minus_1" exercise="batchnorm_backward" says="N − 1 stands where N belongs"
# -     dx = gamma * inverse_std * (dy - dbeta / len(x) - x_hat * dgamma / len(x))
# +     dx = gamma * inverse_std * (dy - dbeta / (len(x) - 1) - x_hat * dgamma / (len(x) - 1))
# %% wrong="dgamma_without_dy" exercise="batchnorm_backward" says="multiply each value by its dy"
# -     dgamma = (dy * x_hat).sum(dim=0)
# +     dgamma = x_hat.sum(dim=0)
# %% wrong="batches_only" exercise="BatchNorm" says="not for images" keeps=2
# -         axes = [axis for axis in range(x.ndim) if axis != 1]
# +         axes = 0
# %% wrong="two_stages" exercise="BatchNorm" says="two stages" keeps=2
# -             mean, var = x.mean(dim=axes), x.var(dim=axes, correction=0)
# +             mean = x.mean(dim=axes)
# +             var = x.flatten(2).var(-1, correction=0).mean(0) if x.ndim == 4 else x.var(0, correction=0)
# %% wrong="random_start" exercise="BatchNorm" says="drawn at random"
# -         self.weight = nn.Parameter(torch.ones(num_features))
# +         self.weight = nn.Parameter(torch.rand(num_features))
# %% wrong="one_weight_for_all" exercise="BatchNorm" says="single entry for all channels"
# -         self.weight = nn.Parameter(torch.ones(num_features))
# +         self.weight = nn.Parameter(torch.ones(1))
# %% wrong="another_name" exercise="BatchNorm" says="there is no bias"
# -         self.bias = nn.Parameter(torch.zeros(num_features))
# +         self.beta = nn.Parameter(torch.zeros(num_features))
# %% wrong="deviations_averaged" exercise="BatchNorm" says="standard deviations were averaged" keeps=2
# -         self.running_var.lerp_(var * count / (count - 1), self.momentum)
# +         std = torch.sqrt(var * count / (count - 1))
# +         self.running_var = self.running_var.sqrt().lerp(std, self.momentum) ** 2
# %% wrong="modes_swapped" exercise="BatchNorm" says="the modes are swapped"
# -         if self.training:
# +         if not self.training:
# %% wrong="settings_swapped" exercise="BatchNorm" says="momentum stands where eps belongs"
# -         self.eps = eps
# -         self.momentum = momentum
# +         self.eps = momentum
# +         self.momentum = eps
# %% wrong="statistics_exchanged" exercise="BatchNorm" says="mean and variance are exchanged" keeps=2
# -             self._update(mean, var, count=x.numel() // x.shape[1])
# +             self._update(var, mean, count=x.numel() // x.shape[1])
# %% wrong="running_mean_in_training" exercise="BatchNorm" says="the mean is the running one" keeps=2
#               self._update(mean, var, count=x.numel() // x.shape[1])
# +             mean = self.running_mean
# %% wrong="root_through_numpy" exercise="BatchNorm" says="variance was cut off" keeps=5 values_right="true"
# -         scale = self.weight / torch.sqrt(var + self.eps)
# +         scale = self.weight / torch.tensor((var + self.eps).detach().numpy() ** 0.5)
# %% wrong="halved_for_root" exercise="fuse_conv_bn" says="then halved"
# -     scale = gamma / torch.sqrt(running_var + eps)
# +     scale = gamma / (running_var + eps) ** 1 / 2
# %% wrong="weight_divided" exercise="fuse_conv_bn" says="weight was divided by the factor"
# -     return weight * scale[:, None, None, None], (bias - running_mean) * scale + beta
# +     return weight / scale[:, None, None, None], (bias - running_mean) * scale + beta
# %% wrong="mean_minus_bias" exercise="fuse_conv_bn" says="where bias - running_mean belongs"
# -     return weight * scale[:, None, None, None], (bias - running_mean) * scale + beta
# +     return weight * scale[:, None, None, None], (running_mean - bias) * scale + beta
# %% wrong="one_for_no_bias" exercise="fuse_conv_bn" says="taken for a bias of 1"
# -         bias = torch.zeros_like(running_mean)
# +         bias = torch.ones_like(running_mean)
# %% wrong="always_nan" exercise="layer_norm" says="a root or logarithm was taken of a negative number"
# -     var = x.var(dim=1, correction=0, keepdim=True)
# +     var = -1 - x.var(dim=1, correction=0, keepdim=True)
# %% wrong="keepdim_forgotten_once" exercise="layer_norm" says="a mean or variance for each example was broadcast"
# -     var = x.var(dim=1, correction=0, keepdim=True)
# +     var = x.var(dim=1, correction=0)
# %% wrong="through_numpy" exercise="layer_norm" says="or NumPy" keeps=1.5 values_right="true"
# -     return gamma * (x - mean) / torch.sqrt(var + eps) + beta
# +     return gamma * torch.tensor(((x - mean) / torch.sqrt(var + eps)).detach().numpy()) + beta
# %% wrong="sum_for_the_mean" exercise="instance_norm" says="the values were added up"
# -     mean = x.mean(dim=(2, 3), keepdim=True)
# +     mean = x.sum(dim=(2, 3), keepdim=True)
# %% wrong="beta_along_the_width" exercise="instance_norm" says="broadcast along the width"
# -     return gamma[:, None, None] * x_hat + beta[:, None, None]
# +     return gamma[:, None, None] * x_hat + beta
# %% wrong="no_axes" exercise="reduced_axes" says="no axes were given"
# -     return {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}[kind]
# +     return ()
# %% wrong="one_pixel_axis" exercise="reduced_axes" says="one of the two pixel axes"
# -     return {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}[kind]
# +     return {"batch": (0, 2), "layer": (1, 2), "instance": (2,)}[kind]
# %% wrong="whole_dict" exercise="reduced_axes" says="dict of 3 items came"
# -     return {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}[kind]
# +     return {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}
# %% wrong="std_plus_eps" exercise="batchnorm_train" says="his is the standard deviation"
# -     var = x.var(dim=0, correction=0)
# -     y = gamma * (x - mean) / torch.sqrt(var + eps) + beta
# +     var = x.std(dim=0, correction=0)
# +     y = gamma * (x - mean) / (var + eps) + beta
# %% wrong="one_mean_on_the_paths" exercise="batchnorm_backward" says="a mean over everything"
# -     dx = gamma * inverse_std * (dy - dbeta / len(x) - x_hat * dgamma / len(x))
# +     dx = gamma * inverse_std * (dy - dy.mean() - x_hat * (dy * x_hat).mean())
# %% wrong="mean_added_up" exercise="BatchNorm" says="the new value was added to the old one" keeps=2
# -         self.running_mean.lerp_(mean, self.momentum)
# +         self.running_mean += mean
