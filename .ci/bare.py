"""Run by a Python that has the wheel and nothing else: every public name is there, and no extra is needed for it."""

import importlib.metadata
import importlib.util
import pkgutil
from importlib import import_module, resources

import crm_metrics

installed = {d.metadata["Name"].lower().replace("_", "-") for d in importlib.metadata.distributions()}
assert installed <= {"attrs", "crm-metrics", "numpy", "pip", "setuptools", "wheel"}, installed
assert "site-packages" in (crm_metrics.__file__ or ""), crm_metrics.__file__
assert resources.files(crm_metrics).joinpath("py.typed").is_file()
for name in crm_metrics.__all__:
    getattr(crm_metrics, name)
modules = [
    m.name for m in pkgutil.walk_packages(crm_metrics.__path__, "crm_metrics.") if m.name != "crm_metrics.__main__"
]
for module in modules:
    import_module(module)
print(f"{len(crm_metrics.__all__)} public names, {len(modules)} modules")
