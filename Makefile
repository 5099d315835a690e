lock: ## compile requirements/*.txt from pyproject.toml
	uv_compile="$(BIN)/uv pip compile --universal -q --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links --python-version 3.12 pyproject.toml"
