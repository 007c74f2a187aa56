// The verbs of the command line. Each returns an exit code (exit_codes.h).
#pragma once

#include "arguments.h"
#include "environment.h"

namespace ddpm::app {

int train(const Environment& environment, const Words& words);
int sample(const Environment& environment, const Words& words);
int inspect(const Environment& environment, const Words& words);

int bench(const Environment& environment, const Words& words);
int explore(const Environment& environment, const Words& words);
int fetch(const Environment& environment, const Words& words);
int measure(const Environment& environment, const Words& words);
int predict(const Environment& environment, const Words& words);
int schedule(const Environment& environment, const Words& words);
int export_verb(const Environment& environment, const Words& words); // `export` is a word of the language

const VerbSpec& sample_spec();
const VerbSpec& inspect_spec();
const VerbSpec& bench_spec();
const VerbSpec& explore_spec();
const VerbSpec& fetch_spec();
const VerbSpec& measure_spec();
const VerbSpec& predict_spec();
const VerbSpec& schedule_spec();
const VerbSpec& export_spec();

/// What `ddpm-lab help` says.
std::string overview();

/// Everything but the window: verbs, help, version, unknown words.
int dispatch(const Environment& environment, const Words& words);

} // namespace ddpm::app
