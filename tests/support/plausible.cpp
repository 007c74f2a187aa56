#include "support/plausible.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <utility>

namespace ddpm::test {
namespace {

using Point = std::pair<double, double>;
using Stroke = std::vector<Point>;

Stroke arc(double x, double y, double rx, double ry, double from, double to) {
    Stroke stroke;
    for (int i = 0; i <= 24; ++i) {
        const double a = (from + (to - from) * i / 24) * std::numbers::pi / 180;
        stroke.emplace_back(x + rx * std::cos(a), y + ry * std::sin(a));
    }
    return stroke;
}

/// In a box of about [-0.5, 0.5] × [-0.7, 0.7], y down.
std::vector<Stroke> strokes_of(int which) {
    switch (which % 10) {
    case 0:
        return {arc(0, 0, 0.42, 0.64, 0, 360)};
    case 1:
        return {{{-0.14, -0.5}, {0.04, -0.64}, {0, 0.64}}};
    case 2:
        return {
            arc(0, -0.3, 0.36, 0.34, -170, 40), {{0.28, -0.08}, {-0.38, 0.6}}, {{-0.38, 0.6}, {0.42, 0.58}}};
    case 3:
        return {arc(-0.04, -0.32, 0.36, 0.31, -150, 90), arc(-0.04, 0.31, 0.42, 0.34, -90, 150)};
    case 4:
        return {{{-0.02, -0.62}, {-0.4, 0.14}, {0.44, 0.1}}, {{0.2, -0.3}, {0.16, 0.66}}};
    case 5:
        return {{{0.36, -0.6}, {-0.26, -0.58}, {-0.32, -0.06}}, arc(-0.04, 0.26, 0.4, 0.37, -135, 145)};
    case 6:
        return {arc(0.3, 0.1, 0.66, 0.76, 180, 265), arc(0, 0.3, 0.36, 0.34, 0, 360)};
    case 7:
        return {{{-0.4, -0.56}, {0.4, -0.6}, {-0.08, 0.66}}};
    case 8:
        return {arc(0, -0.32, 0.3, 0.3, 0, 360), arc(0, 0.32, 0.38, 0.33, 0, 360)};
    default:
        return {arc(0, -0.28, 0.35, 0.34, 0, 360), {{0.35, -0.28}, {0.28, 0.24}, {0.1, 0.66}}};
    }
}

double distance_to(const Stroke& stroke, double x, double y) {
    double best = 1e9;
    for (std::size_t i = 1; i < stroke.size(); ++i) {
        const auto [ax, ay] = stroke[i - 1];
        const auto [bx, by] = stroke[i];
        const double dx = bx - ax, dy = by - ay;
        const double along =
            std::clamp(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy + 1e-12), 0.0, 1.0);
        best = std::min(best, std::hypot(x - ax - along * dx, y - ay - along * dy));
    }
    return best;
}

std::uint8_t byte_of(double value, double range = 1) {
    return static_cast<std::uint8_t>(std::lround(std::clamp((value / range + 1) / 2 * 255, 0.0, 255.0)));
}

PictureStack empty_stack(int count, int size) {
    PictureStack stack;
    stack.count = count;
    stack.height = stack.width = size;
    stack.bytes.resize(static_cast<std::size_t>(count) * stack.picture_size());
    return stack;
}

std::vector<float> normal(std::size_t n, std::uint64_t seed) {
    std::mt19937_64 generator(seed);
    std::normal_distribution<float> gauss;
    std::vector<float> values(n);
    for (float& value : values)
        value = gauss(generator);
    return values;
}

/// The item a chain or a picture of the running batch ends in: digit or points, as floats.
std::vector<float> clean(int index, bool points) {
    if (!points) return digit(index, static_cast<std::uint64_t>(index) + 11);
    return moons(600, 5).xy;
}

void put(Drawable& into, const std::vector<float>& values, bool points, double range, int index) {
    if (points) {
        into.points.xy = values;
        return;
    }
    const std::size_t size = values.size();
    for (std::size_t i = 0; i < size; ++i)
        into.pictures.bytes[static_cast<std::size_t>(index) * size + i] =
            byte_of(static_cast<double>(values[i]), range);
}

} // namespace

std::vector<float> digit(int which, std::uint64_t seed, int size) {
    std::mt19937_64 generator(seed * 7919 + static_cast<std::uint64_t>(which));
    std::uniform_real_distribution<double> uniform(-1, 1);
    const double slant = 0.14 + 0.16 * uniform(generator), height = 0.98 + 0.1 * uniform(generator);
    const double width = 1.0 + 0.18 * uniform(generator), thick = 0.085 + 0.03 * uniform(generator);
    const double dx = 0.05 * uniform(generator), dy = 0.04 * uniform(generator);
    const auto strokes = strokes_of(which);
    std::vector<float> values;
    values.reserve(static_cast<std::size_t>(size) * static_cast<std::size_t>(size));
    for (int row = 0; row < size; ++row)
        for (int column = 0; column < size; ++column) {
            const double y = ((row + 0.5) / size * 2 - 1 - dy) / height;
            const double x = ((column + 0.5) / size * 2 - 1 - dx) / width + slant * y;
            double d = 1e9;
            for (const Stroke& stroke : strokes)
                d = std::min(d, distance_to(stroke, x, y));
            const double ink = std::clamp((thick + 0.07 - d) / 0.08, 0.0, 1.0);
            values.push_back(static_cast<float>(ink * 2 - 1));
        }
    return values;
}

PictureStack digits(int count, std::uint64_t seed, double noise, int size) {
    PictureStack stack = empty_stack(count, size);
    const auto extra = normal(stack.bytes.size(), seed + 99);
    for (int i = 0; i < count; ++i) {
        const auto values = digit(i * 7 + 3, seed + static_cast<std::uint64_t>(i), size);
        for (std::size_t k = 0; k < values.size(); ++k) {
            const std::size_t at = static_cast<std::size_t>(i) * values.size() + k;
            stack.bytes[at] =
                byte_of(static_cast<double>(values[k]) + noise * static_cast<double>(extra[at]));
        }
    }
    return stack;
}

PointCloud moons(int count, std::uint64_t seed, double noise) {
    std::mt19937_64 generator(seed);
    std::uniform_real_distribution<double> angle(0, std::numbers::pi);
    std::normal_distribution<double> gauss(0, noise);
    PointCloud cloud;
    for (int i = 0; i < count; ++i) {
        const double a = angle(generator);
        const double x = i % 2 ? std::cos(a) : 1 - std::cos(a), y = i % 2 ? std::sin(a) : 0.5 - std::sin(a);
        cloud.xy.push_back(static_cast<float>((x - 0.5) / 1.6 + gauss(generator)));
        cloud.xy.push_back(static_cast<float>((y - 0.25) / 1.6 + gauss(generator)));
    }
    return cloud;
}

ScheduleTable cosine_schedule(int timesteps) {
    const auto level = [timesteps](int t) {
        return std::pow(std::cos((static_cast<double>(t) / timesteps + 0.008) / 1.008 * std::numbers::pi / 2),
                        2);
    };
    ScheduleTable table;
    double product = 1;
    for (int t = 1; t <= timesteps; ++t) {
        const double beta = std::min(1 - level(t) / level(t - 1), 0.999), before = product;
        product *= 1 - beta;
        table.beta.push_back(beta);
        table.alpha_bar.push_back(product);
        table.posterior_variance.push_back(beta * (1 - before) / (1 - product));
    }
    return table;
}

ScheduleTable linear_schedule(int timesteps, bool of_roots) {
    ScheduleTable table;
    double product = 1;
    for (int t = 0; t < timesteps; ++t) {
        const double part = static_cast<double>(t) / std::max(1, timesteps - 1), low = 1e-4, high = 0.02;
        const double root = std::sqrt(low) + part * (std::sqrt(high) - std::sqrt(low));
        const double beta = of_roots ? root * root : low + part * (high - low);
        const double before = product;
        product *= 1 - beta;
        table.beta.push_back(beta);
        table.alpha_bar.push_back(product);
        table.posterior_variance.push_back((1 - before) / (1 - product) * beta);
    }
    return table;
}

RunOpened run_opened(std::int64_t step, DataKind data, Preset preset) {
    RunOpened run;
    run.settings = preset_settings(preset, data);
    run.settings.name = "2026-03-14-mnist-tiny";
    run.folder = "/home/ada/DDPM Lab/runs/2026-03-14-mnist-tiny";
    run.step = step;
    run.parameters = run.settings.data.is_points() ? 42'370 : 331'137;
    run.data_count = run.settings.data.is_points() ? 20'000 : 60'000;
    run.device = {"CPU", "2 threads, fp32", false};
    return run;
}

ModelChanged model_changed(std::int64_t step, DataKind data, int timesteps) {
    const RunOpened run = run_opened(step, data, data >= DataKind::two_moons ? Preset::points : Preset::tiny);
    ModelChanged model;
    model.available = true;
    model.live = true;
    model.name = run.settings.name;
    model.folder = run.folder;
    model.settings = run.settings;
    model.settings.diffusion.schedule.timesteps = timesteps;
    model.parameters = run.parameters;
    model.step = step;
    model.schedule = cosine_schedule(timesteps);
    return model;
}

DataOpened data_opened(DataKind data, int thumbnails) {
    DataOpened opened;
    opened.settings.kind = data;
    if (opened.settings.is_points()) {
        opened.name = "two moons";
        opened.count = 20'000;
        opened.points = moons(2000, 3);
        return opened;
    }
    opened.name = "MNIST digits";
    opened.count = 60'000;
    opened.height = opened.width = 28;
    opened.channels = 1;
    opened.classes = 10;
    opened.thumbnails = digits(thumbnails, 21);
    for (int i = 0; i < thumbnails; ++i) {
        opened.thumbnail_indices.push_back(i * 37 % 60'000);
        opened.thumbnail_labels.push_back((i * 7 + 3) % 10);
    }
    return opened;
}

std::vector<MetricPoint> metric_points(std::int64_t first, int count) {
    std::vector<MetricPoint> points;
    points.reserve(static_cast<std::size_t>(count));
    std::mt19937_64 generator(static_cast<std::uint64_t>(first) + 5);
    std::normal_distribution<double> gauss;
    for (int i = 0; i < count; ++i) {
        const auto step = static_cast<double>(first + i);
        MetricPoint point;
        point.step = first + i;
        point.loss = (0.055 + 0.9 / std::pow(1 + step / 12, 0.62)) * std::exp(0.13 * gauss(generator));
        point.gradient_norm = 0.3 + 1.5 / (1 + step / 40);
        point.learning_rate = 2e-3 * std::min(1.0, step / 100);
        point.seconds = 0.062 * step;
        points.push_back(point);
    }
    return points;
}

std::shared_ptr<const TrainingFrame> training_frame(std::uint64_t sequence, std::int64_t step, bool points) {
    auto frame = std::make_shared<TrainingFrame>();
    frame->sequence = sequence;
    frame->step = step;
    const double rough = 1.2 * std::exp(-static_cast<double>(step) / 700) + 0.02;
    if (points)
        frame->samples.points = moons(2000, sequence, 0.03 + 0.3 * rough);
    else
        frame->samples.pictures = digits(36, 4, rough);
    frame->t = 420;
    const auto table = cosine_schedule(1000);
    const double signal = std::sqrt(table.alpha_bar_at(frame->t)),
                 noise = std::sqrt(1 - table.alpha_bar_at(frame->t));
    const auto x0 = clean(static_cast<int>(sequence % 10), points);
    const auto epsilon = normal(x0.size(), sequence), error = normal(x0.size(), sequence + 1);
    std::vector<float> x_t, guess;
    for (std::size_t i = 0; i < x0.size(); ++i) {
        x_t.push_back(static_cast<float>(signal * static_cast<double>(x0[i]) +
                                         noise * static_cast<double>(epsilon[i])));
        guess.push_back(epsilon[i] * 0.96F + error[i] * 0.2F);
    }
    for (Drawable* part : {&frame->x0, &frame->x_t, &frame->epsilon, &frame->epsilon_hat})
        if (!points) part->pictures = empty_stack(1, 28);
    put(frame->x0, x0, points, 1, 0);
    put(frame->x_t, x_t, points, 1, 0);
    put(frame->epsilon, epsilon, points, 3, 0);
    put(frame->epsilon_hat, guess, points, 3, 0);
    for (int bin = 0; bin < 50; ++bin) {
        const double at = (bin + 0.5) / 50;
        frame->spectrum.push_back(0.02 + 0.5 * std::exp(-at * 9) + 0.05 * at + 0.01 * std::sin(at * 40));
    }
    if (step < 50) frame->spectrum[7] = std::numeric_limits<double>::quiet_NaN();
    return frame;
}

std::shared_ptr<const ForwardRecord> forward_record(int timesteps, bool points, std::uint64_t id) {
    auto record = std::make_shared<ForwardRecord>();
    record->id = id;
    record->settings.timesteps = timesteps;
    record->settings.kind = BetaSchedule::cosine;
    record->schedule = cosine_schedule(timesteps);
    record->title = points ? "two moons" : "MNIST 12,345 · label 7";
    record->label = points ? -1 : 7;
    for (const BetaSchedule other : {BetaSchedule::linear, BetaSchedule::quadratic}) {
        ComparedSchedule compared;
        compared.settings.kind = other;
        compared.settings.timesteps = timesteps;
        compared.schedule = linear_schedule(timesteps, other == BetaSchedule::quadratic);
        record->compared.push_back(std::move(compared));
    }
    const auto x0 = points ? moons(2000, 3).xy : digit(7, 2);
    record->values = x0.size();
    if (!points) {
        record->height = record->width = 28;
        record->channels = 1;
    }
    const auto epsilon = normal(x0.size(), 17);
    record->epsilon = epsilon;
    std::vector<float> walk = x0;
    for (int t = 0; t <= timesteps; ++t) {
        const double level = record->schedule.alpha_bar_at(t);
        const auto fresh = normal(x0.size(), 1000 + static_cast<std::uint64_t>(t));
        const double beta = t == 0 ? 0 : record->schedule.beta[static_cast<std::size_t>(t - 1)];
        for (std::size_t i = 0; i < x0.size(); ++i) {
            record->jump.push_back(
                static_cast<float>(std::sqrt(level) * static_cast<double>(x0[i]) +
                                   std::sqrt(1 - level) * static_cast<double>(epsilon[i])));
            if (t > 0)
                walk[i] = static_cast<float>(std::sqrt(1 - beta) * static_cast<double>(walk[i]) +
                                             std::sqrt(beta) * static_cast<double>(fresh[i]));
        }
        record->steps.insert(record->steps.end(), walk.begin(), walk.end());
    }
    return record;
}

std::shared_ptr<const ChainState> chain_state(const ChainRecord& record, int index, int count, bool points) {
    const int steps = record.planned() - 1, T = record.schedule().timesteps();
    const int t = static_cast<int>(std::lround(static_cast<double>(T) * (steps - index) / steps));
    const double level = record.schedule().alpha_bar_at(t);
    const double blur = std::clamp(static_cast<double>(t) / T * 1.3 - 0.3, 0.0, 0.9);
    const double sigma = t > 1 ? std::sqrt(record.schedule().beta[static_cast<std::size_t>(t - 1)]) : 0;
    std::vector<float> x, guess, noise;
    for (int chain = 0; chain < (points ? 1 : count); ++chain) {
        const auto x0 = clean(chain * 3 + 1, points);
        const auto epsilon = normal(x0.size(), 300 + static_cast<std::uint64_t>(chain));
        for (std::size_t i = 0; i < x0.size(); ++i) {
            x.push_back(static_cast<float>(std::sqrt(level) * static_cast<double>(x0[i]) +
                                           std::sqrt(1 - level) * static_cast<double>(epsilon[i])));
            guess.push_back(
                static_cast<float>((1 - blur) * static_cast<double>(x0[i]) - (points ? 0 : blur * 0.8)));
        }
        noise.insert(noise.end(), epsilon.begin(), epsilon.end());
    }
    const ItemShape shape =
        points ? ItemShape{static_cast<int>(x.size() / 2), 0, 0, 0} : ItemShape{count, 28, 28, 1};
    if (t == 0) guess.clear(), noise.clear();
    auto state = std::make_shared<ChainState>(make_chain_state(t, shape, std::move(x), guess, noise, sigma));
    state->evaluations = std::min(index + 1, steps);
    return state;
}

std::shared_ptr<ChainRecord> chain_record(int count, int steps, int timesteps, bool points, int recorded) {
    SamplingSettings settings;
    settings.count = count;
    settings.steps = steps;
    auto record = std::make_shared<ChainRecord>(1, settings, cosine_schedule(timesteps), steps + 1, 1);
    const int wanted = recorded < 0 ? steps + 1 : std::min(recorded, steps + 1);
    for (int i = 0; i < wanted; ++i)
        record->append(chain_state(*record, i, count, points));
    if (wanted == steps + 1) record->finish();
    return record;
}

} // namespace ddpm::test
