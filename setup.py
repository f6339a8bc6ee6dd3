"""What pyproject.toml cannot say: in a wheel `sql/` is `acme_assets/sql/`; all else stands there."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["acme_assets", "acme_assets.*", "acme_platform*"]), "acme_assets.sql"],
    package_dir={"acme_assets.sql": "sql"},
)
