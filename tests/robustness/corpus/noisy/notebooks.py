# ruff: noqa
# Right answers among what collects in notebooks: magics, installs, plots, Colab.

# %% case="plots" before="standardize"
# Plots, with the backend named as notebooks name it.
# %matplotlib inline
# %config InlineBackend.figure_format = "retina"
import matplotlib.pyplot as plt

plt.ion()
plt.plot([1, 2, 3])
plt.show()


# %% case="interactive_plots" answer="standardize"
# Asks for interactive plots in the cell of an answer.
# %matplotlib widget
import matplotlib.pyplot as plt


def standardize(x):
    figure, axes = plt.subplots()
    axes.hist(x.flatten().numpy())
    plt.show()
    return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)


# %% case="installs" answer="standardize"
# Installs packages in the cell of an answer.
# !pip install -q torch torchvision
# %pip install einops
# %conda install numpy
# !nvidia-smi
# files = !ls


def standardize(x):
    return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)


# %% case="timed_cell" answer="standardize"
# Times the cell of an answer.
# %%time
def standardize(x):
    return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)


# %% case="captured_cell" answer="standardize"
# Captures the output of the cell of an answer.
# %%capture output
def standardize(x):
    return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)


print("unseen")


# %% case="timed_calls" before="Affine"
# Times an answer.
# %timeit -n1 -r1 standardize(torch.randn(10, 2))
# %time _ = standardize(torch.randn(10, 2))
# %prun -q standardize(torch.randn(10, 2))


# %% case="magics_of_a_front_end" answer="standardize"
# Begins the cell of an answer with magics that only a notebook's front end has, or a package that is not installed.
# %autosave 60
# %clear
# %connect_info
# %tensorboard --logdir runs
# %pylab inline
get_ipython().run_line_magic("matplotlib", "inline")


def standardize(x):
    return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)


# %% case="outputs_that_are_files" answer="standardize"
# Takes its output for a file, as it is in a notebook, in the cell of an answer.
import faulthandler
import subprocess
import sys

faulthandler.enable()
subprocess.run(["true"], stdout=sys.stdout, stderr=sys.stderr)
print(sys.stdout.encoding.lower())


def standardize(x):
    return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)


# %% case="other_magics" before="standardize"
# Uses the magics that collect in notebooks.
# %load_ext autoreload
# %autoreload 2
# %load_ext tensorboard
# %env CUDA_VISIBLE_DEVICES=0
# %cd /content
# %who
# %precision 3
# %xmode Verbose


# %% case="cells_in_other_languages" before="standardize"
# Runs cells of a shell and of HTML, writes a module and runs it.
pass

# %% before="standardize"
# %%bash
# echo hello
# exit 1

# %% before="standardize"
# %%html
# <b>hello</b>

# %% before="standardize"
# %%writefile helper.py
value = 3

# %% before="standardize"
import helper
# %run helper.py


# %% case="fresh_start" before="setup"
# Empties the namespace at the top of the notebook.
# %reset -f


# %% case="colab" before="setup"
# Mounts a drive and uploads files, as on Colab.
from google.colab import drive, files

drive.mount("/content/drive", force_remount=True)
uploaded = files.upload()
for name in uploaded or []:
    print(name)
# %cd /content/drive/MyDrive


# %% case="colab_in_an_answer" answer="standardize"
# Imports Colab's modules in the cell of an answer.
import google.colab
from google.colab import output
from google.colab.patches import cv2_imshow

output.enable_custom_widget_manager()
IN_COLAB = "google.colab" in str(get_ipython())


def standardize(x):
    return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)


# %% case="displays" answer="standardize"
# Displays values, figures, HTML and Markdown, and clears what it displayed.
from IPython.display import HTML, Markdown, clear_output, display


def standardize(x):
    display(x)
    display(HTML("<script>alert(1)</script>"), Markdown("# x"))
    clear_output(wait=True)
    return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)


display(standardize(torch.randn(4, 2)))
standardize


# %% case="own_shell_settings" before="standardize"
# Changes how the shell shows values and errors.
from IPython.core.interactiveshell import InteractiveShell

InteractiveShell.ast_node_interactivity = "all"
get_ipython().ast_node_interactivity = "all"
import sys

sys.setrecursionlimit(5000)
sys.excepthook = lambda *args: None
