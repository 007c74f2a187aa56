// The verbs that anyone can hold against Python, held against the peers' numbers: words and arrays in, arrays
// out.
#include "data/array_file.h"
#include "ddpm/engine.h"
#include "engine/data/zip_bytes.h"
#include "exit_codes.h"
#include "support/golden.h"
#include "verbs.h"

#include <QImage>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>

using namespace ddpm;
using namespace ddpm::app;
using nlohmann::json;

class NumbersTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QVERIFY(folder_.isValid()); }

    void predict_equals_diffusers_data();
    void predict_equals_diffusers();
    void chains_equal_diffusers_data();
    void chains_equal_diffusers();
    void the_bound_equals_improved_diffusion_data();
    void the_bound_equals_improved_diffusion();
    void schedules_equal_improved_diffusion_data();
    void schedules_equal_improved_diffusion();
    void arrays_go_through_standard_output();
    void samples_do_not_depend_on_their_number();
    void neighbours_are_the_nearest();
    void a_peers_folder_goes_out_as_it_came_in();
    void a_grid_of_an_array_is_a_picture();
    void a_labelled_model_draws_the_class_that_is_asked_for();
    void forks_share_what_they_should();
    void interpolation_ends_at_its_ends();
    void progress_ends_with_the_samples();
    void encoding_leads_back();
    void wrong_arrays_are_refused_data();
    void wrong_arrays_are_refused();

private:
    std::string path(const std::string& name) const {
        return folder_.filePath(QString::fromStdString(name)).toStdString();
    }
    std::string save(const std::string& name, const torch::Tensor& array) const {
        std::ofstream(path(name), std::ios::binary) << data::npy_bytes(array);
        return path(name);
    }
    torch::Tensor load(const std::string& name) const {
        auto array = data::read_npy(path(name));
        if (!array) qFatal("%s", array.error().line().c_str());
        return *array;
    }
    int run(const Words& words) {
        out_.str({});
        err_.str({});
        return dispatch({.out = out_,
                         .err = err_,
                         .err_is_terminal = false,
                         .make_engine =
                             [](EngineOptions options) {
                                 options.resources = DDPM_RESOURCES;
                                 return make_engine(options);
                             },
                         .interrupted = [] { return false; }},
                        words);
    }

    QTemporaryDir folder_;
    std::ostringstream out_, err_;
};

namespace {

const std::string& model_folder() {
    static const std::string folder = test::golden_path("pipelines/ddpm").string();
    return folder;
}

torch::Tensor tensor_of(const json& numbers) {
    return torch::tensor(numbers.get<std::vector<double>>(), torch::kFloat64);
}

} // namespace

#define QVERIFY_OK(call)                                                                                     \
    do {                                                                                                     \
        const int code = (call);                                                                             \
        QVERIFY2(code == exit_ok, err_.str().c_str());                                                       \
    } while (false)

void NumbersTest::predict_equals_diffusers_data() {
    QTest::addColumn<QString>("net");
    for (const char* net : {"ddpm", "ddpm-legacy", "heads"})
        QTest::addRow("%s", net) << QString(net);
}

void NumbersTest::predict_equals_diffusers() {
    QFETCH(QString, net);
    const auto golden = test::read_golden("unet.safetensors");
    const std::string key = net == "heads" ? "heads." : "ddpm.";
    const std::string x = save("x.npy", test::golden_tensor(golden, key + "x"));
    std::string t;
    const torch::Tensor timesteps = test::golden_tensor(golden, key + "t");
    for (std::int64_t i = 0; i < timesteps.numel(); ++i)
        t += (i ? "," : "") + std::to_string(timesteps[i].item<std::int64_t>());
    QVERIFY_OK(run({"predict", "--model", test::golden_path("pipelines/" + net.toStdString()).string(), "--x",
                    x, "--t", t, "--out", path("eps.npy")}));
    QVERIFY(test::max_abs_difference(load("eps.npy"), test::golden_tensor(golden, key + "eps")) < 1e-4);
}

void NumbersTest::chains_equal_diffusers_data() {
    QTest::addColumn<QString>("entry");
    std::ifstream file(test::golden_path("chains.json"));
    for (const auto& entry : json::parse(file))
        QTest::addRow("%s", entry["key"].get<std::string>().c_str()) << QString::fromStdString(entry.dump());
}

/// Every key of the peer's scheduler as an option of the same name.
void NumbersTest::chains_equal_diffusers() {
    QFETCH(QString, entry);
    const json chain = json::parse(entry.toStdString());
    const std::string key = chain["key"];
    const auto golden = test::read_golden("chains.safetensors");
    const bool ddim = chain["scheduler"] == "DDIMScheduler";
    Words words{"sample",       "--model",
                model_folder(), "--quiet",
                "--noise",      save("xt.npy", test::golden_tensor(golden, "x_T")),
                "--step-noise", save("z.npy", test::golden_tensor(golden, "z")),
                "--steps",      std::to_string(chain["steps"].get<int>()),
                "--sampler",    ddim ? "ddim" : "ancestral",
                "--record",     path("states.npy"),
                "--record-x0",  path("x0.npy"),
                "--out",        path("end.npy")};
    if (ddim) {
        words.push_back("--eta");
        words.push_back(chain["eta"].dump());
    }
    for (const auto& [name, value] : chain["config"].items()) {
        if (value.is_null()) continue;
        std::string option = "--" + name;
        std::replace(option.begin(), option.end(), '_', '-');
        words.push_back(option);
        words.push_back(value.is_string() ? value.get<std::string>() : value.dump());
    }
    QVERIFY_OK(run(words));
    const torch::Tensor states = test::golden_tensor(golden, key + ".x"),
                        x0 = test::golden_tensor(golden, key + ".x0");
    const double scale = std::max(states.abs().max().item<double>(), x0.abs().max().item<double>());
    QVERIFY(test::max_abs_difference(load("states.npy"), states) < 1e-3 * scale);
    QVERIFY(test::max_abs_difference(load("x0.npy"), x0) < 1e-3 * scale);
    QVERIFY(torch::equal(load("end.npy"), load("states.npy")[-1]));
}

void NumbersTest::the_bound_equals_improved_diffusion_data() {
    QTest::addColumn<QString>("variance");
    QTest::addRow("fixed small") << "fixed_small";
    QTest::addRow("fixed large") << "fixed_large";
}

void NumbersTest::the_bound_equals_improved_diffusion() {
    QFETCH(QString, variance);
    const auto golden = test::read_golden("vlb.safetensors");
    const std::string key = variance.toStdString() + ".";
    QVERIFY_OK(
        run({"measure", "bound", "--model", model_folder(), "--json", "--quiet", "--x",
             save("x0.npy", test::golden_tensor(golden, key + "x0")), "--noise",
             save("noise.npy", test::golden_tensor(golden, key + "noise")), "--num-train-timesteps", "50",
             "--beta-start", "0.002", "--beta-end", "0.4", "--variance-type", variance.toStdString()}));
    const json said = json::parse(out_.str());
    const json& each = said["per_picture"];
    const auto compare = [&](const json& numbers, const char* name) {
        torch::Tensor expected = test::golden_tensor(golden, key + name).to(torch::kFloat64);
        torch::Tensor measured = torch::empty_like(expected);
        if (expected.dim() == 1)
            measured = tensor_of(numbers);
        else
            for (std::int64_t row = 0; row < expected.size(0); ++row)
                measured[row].copy_(tensor_of(numbers[static_cast<std::size_t>(row)]));
        return test::max_abs_difference(measured, expected);
    };
    QVERIFY(compare(each["total_bpd"], "total_bpd") < 1e-4);
    QVERIFY(compare(each["prior_bpd"], "prior_bpd") < 1e-4);
    QVERIFY(compare(each["vb"], "vb") < 1e-4);
    QVERIFY(compare(each["mse"], "mse") < 1e-4);
    // The terms add up to the total, for each picture and for their mean.
    const torch::Tensor total = tensor_of(each["total_bpd"]), prior = tensor_of(each["prior_bpd"]);
    for (std::int64_t i = 0; i < total.numel(); ++i) {
        const double sum = tensor_of(each["vb"][static_cast<std::size_t>(i)]).sum().item<double>();
        QVERIFY(std::abs(sum + prior[i].item<double>() - total[i].item<double>()) < 1e-9);
    }
    QVERIFY(std::abs(said["total_bpd"].get<double>() - total.mean().item<double>()) < 1e-9);
    QVERIFY(std::abs(tensor_of(said["vb"]).sum().item<double>() + said["prior_bpd"].get<double>() -
                     said["total_bpd"].get<double>()) < 1e-9);
}

void NumbersTest::schedules_equal_improved_diffusion_data() {
    QTest::addColumn<QString>("key");
    QTest::addColumn<QStringList>("options");
    QTest::addRow("linear 1000") << "linear1000" << QStringList{"--name", "linear"};
    QTest::addRow("cosine 1000") << "cosine1000" << QStringList{"--name", "cosine"};
    QTest::addRow("linear 50") << "linear50" << QStringList{"--name",       "linear", "--timesteps", "50",
                                                            "--beta-start", "0.002",  "--beta-end",  "0.4"};
}

void NumbersTest::schedules_equal_improved_diffusion() {
    QFETCH(QString, key);
    QFETCH(QStringList, options);
    Words words{"schedule", "--json"};
    for (const QString& option : options)
        words.push_back(option.toStdString());
    QVERIFY_OK(run(words));
    const json said = json::parse(out_.str());
    const auto golden = test::read_golden("schedules.safetensors");
    for (const char* name :
         {"betas", "alphas_cumprod", "posterior_variance", "posterior_log_variance_clipped",
          "posterior_mean_coef_x0", "posterior_mean_coef_xt"}) {
        const torch::Tensor expected = test::golden_tensor(golden, key.toStdString() + "." + name);
        QVERIFY2(test::max_abs_difference(tensor_of(said[name]), expected) < 1e-12, name);
    }
}

void NumbersTest::arrays_go_through_standard_output() {
    const auto golden = test::read_golden("unet.safetensors");
    const std::string x = save("x.npy", test::golden_tensor(golden, "ddpm.x").narrow(0, 0, 1));
    QVERIFY_OK(run({"predict", "--model", model_folder(), "--x", x, "--t", "5", "--out", path("file.npy")}));
    QVERIFY_OK(run({"predict", "--model", model_folder(), "--x", x, "--t", "5", "--out", "-"}));
    std::istringstream bytes(out_.str());
    const auto array = data::read_npy(bytes, "standard output");
    QVERIFY(array.ok());
    QVERIFY(torch::equal(*array, load("file.npy")));
}

void NumbersTest::samples_do_not_depend_on_their_number() {
    const auto sample = [&](const char* count, const std::string& out) {
        return run({"sample", "--model", model_folder(), "--sampler", "ddim", "--eta", "1", "--steps", "4",
                    "--count", count, "--seed", "5", "--out", path(out), "--quiet"});
    };
    QVERIFY_OK(sample("2", "two.npy"));
    QVERIFY_OK(sample("5", "five.npy"));
    QCOMPARE(load("five.npy").size(0), std::int64_t{5});
    QVERIFY(test::max_abs_difference(load("two.npy"), load("five.npy").narrow(0, 0, 2)) < 1e-4);
    QVERIFY(test::max_abs_difference(load("five.npy")[0], load("five.npy")[1]) > 0.1);
}

/// Noisy copies of known test pictures: each must find its original.
void NumbersTest::neighbours_are_the_nearest() {
    const torch::Tensor items = torch::randint(0, 256, {40, 3, 16, 16}, torch::kUInt8);
    save("set.npy", items.permute({0, 2, 3, 1}).contiguous());
    const torch::Tensor wanted = torch::tensor({7, 31, 0}, torch::kInt64);
    const torch::Tensor copies = items.index_select(0, wanted).to(torch::kFloat32) / 127.5 - 1;
    save("copies.npy", copies + 0.01 * torch::randn_like(copies));
    QVERIFY_OK(run({"measure", "neighbours", "--model", model_folder(), "--data", "array", "--data-path",
                    path("set.npy"), "--x", path("copies.npy"), "--neighbours", "2", "--json", "--quiet",
                    "--out", path("neighbours.png")}));
    std::istringstream lines(out_.str());
    std::string line;
    for (const int original : {7, 31, 0}) {
        QVERIFY(std::getline(lines, line).good());
        const json said = json::parse(line);
        QCOMPARE(said["indices"][0].get<int>(), original);
        const double distance = said["distances"][0], next = said["distances"][1];
        QVERIFY(distance > 0.005 && distance < 0.02 && next > 0.3);
    }
    QVERIFY(QFile::exists(folder_.filePath("neighbours.png")));
}

void NumbersTest::a_peers_folder_goes_out_as_it_came_in() {
    QVERIFY_OK(run({"export", "diffusers", "--model", model_folder(), "--out", path("out")}));
    const auto before =
        formats::read_safetensors(model_folder() + "/unet/diffusion_pytorch_model.safetensors");
    const auto after = formats::read_safetensors(path("out/unet/diffusion_pytorch_model.safetensors"));
    QVERIFY(before.ok() && after.ok());
    QCOMPARE(after->tensors.size(), before->tensors.size());
    for (const auto& [name, tensor] : before->tensors) {
        const torch::Tensor* same = after->find(name);
        QVERIFY2(same && torch::equal(*same, tensor), name.c_str());
    }
    for (const char* file : {"/model_index.json", "/unet/config.json", "/scheduler/scheduler_config.json"}) {
        std::ifstream was(model_folder() + file), is(path("out") + file);
        QVERIFY2(json::parse(was) == json::parse(is), file);
    }
}

void NumbersTest::a_grid_of_an_array_is_a_picture() {
    torch::Tensor x = torch::full({2, 1, 4, 4}, -1.0);
    x[1].fill_(1.0);
    QVERIFY_OK(run({"export", "grid", "--x", save("grid.npy", x), "--columns", "2", "--scale", "1",
                    "--padding", "0", "--out", path("grid.png")}));
    const QImage image(folder_.filePath("grid.png"));
    QCOMPARE(image.size(), QSize(8, 4));
    QCOMPARE(qGray(image.pixel(0, 0)), 0);
    QCOMPARE(qGray(image.pixel(7, 3)), 255);
}

/// Dark pictures are class 0, bright ones class 1: the smallest set whose classes cannot be mistaken.
void NumbersTest::a_labelled_model_draws_the_class_that_is_asked_for() {
    torch::manual_seed(1); // after so few steps one set in 45 left a chain in the wrong class
    const torch::Tensor labels = torch::arange(64, torch::kInt64) % 2;
    const torch::Tensor noise = torch::randint(0, 40, {64, 8, 8}, torch::kInt64);
    const torch::Tensor images = (noise + 40 + 140 * labels.reshape({-1, 1, 1})).to(torch::kUInt8);
    std::ofstream(path("classes.npz"), std::ios::binary)
        << zip_bytes({{"images.npy", data::npy_bytes(images)}, {"labels.npy", data::npy_bytes(labels)}});
    QVERIFY_OK(run({"train",
                    "--data",
                    "array",
                    "--data-path",
                    path("classes.npz"),
                    "--classes",
                    "--steps",
                    "90",
                    "--batch",
                    "32",
                    "--warmup",
                    "10",
                    "--label-dropout",
                    "0.2",
                    "--no-preview",
                    "--tensorboard",
                    "--quiet",
                    "--precision",
                    "fp32",
                    "--device",
                    "cpu",
                    "--out",
                    path("classes")}));
    for (const int label : {0, 1}) {
        QVERIFY_OK(run({"sample", "--model", path("classes"), "--sampler", "ddim", "--steps", "20", "--count",
                        "8", "--label", std::to_string(label), "--guidance", "2", "--out", path("drawn.npy"),
                        "--precision", "fp32", "--quiet"}));
        const torch::Tensor means = load("drawn.npy").flatten(1).mean(1);
        std::ostringstream said;
        std::ifstream metrics(path("classes") + "/metrics.csv");
        std::string last;
        for (std::string line; std::getline(metrics, line);)
            last = line;
        said << "class " << label << ": " << means << " after " << last;
        QVERIFY2(((means > 0) == (label == 1)).all().item<bool>(), said.str().c_str());
    }
    // One TensorBoard event a step, and the two that say what the file is and where it begins.
    const QStringList events = QDir(folder_.filePath("classes/tensorboard")).entryList(QDir::Files);
    QCOMPARE(events.size(), 1);
    std::ifstream file(path("classes/tensorboard/" + events.front().toStdString()), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    std::size_t at = 0;
    int records = 0, losses = 0;
    while (at + 12 <= bytes.size()) {
        std::uint64_t length = 0;
        std::memcpy(&length, bytes.data() + at, sizeof length);
        losses += bytes.substr(at + 12, length).find("gradient_norm") != std::string::npos;
        at += 12 + length + 4;
        ++records;
    }
    QCOMPARE(at, bytes.size());
    QCOMPARE(losses, 90);
    QVERIFY(records > losses);
}

void NumbersTest::forks_share_what_they_should() {
    const Words plan{"--sampler", "ddim", "--eta", "1", "--steps", "10", "--seed", "5", "--quiet"};
    const auto with = [&](Words words) {
        words.insert(words.end(), plan.begin(), plan.end());
        return run(words);
    };
    QVERIFY_OK(with({"explore", "fork", "--model", model_folder(), "--t", "1000,500,100", "--count", "3",
                     "--out", path("forks.npy")}));
    QVERIFY_OK(with({"sample", "--model", model_folder(), "--count", "3", "--out", path("plain.npy")}));
    const torch::Tensor forks = load("forks.npy"), plain = load("plain.npy");
    QCOMPARE(forks.sizes().vec(), (std::vector<std::int64_t>{3, 3, 3, 16, 16}));
    const auto apart = [&](int depth) { return test::max_abs_difference(forks[depth][0], forks[depth][1]); };
    for (int depth = 0; depth < 3; ++depth) // the first future is the chain itself
        QVERIFY(test::max_abs_difference(forks[depth][0], plain[0]) < 1e-4);
    QVERIFY(apart(0) > 0.1 && apart(1) > 1e-3);
    QVERIFY(apart(2) < apart(0)); // the less noise is left, the nearer
    QVERIFY_OK(with({"explore", "fork", "--model", model_folder(), "--t", "500", "--count", "4", "--out",
                     path("forks.png")}));
    QCOMPARE(QImage(folder_.filePath("forks.png")).width(), (5 * 16 + 6 * 2) * 4); // x_t and four futures
}

void NumbersTest::interpolation_ends_at_its_ends() {
    const auto golden = test::read_golden("vlb.safetensors");
    const torch::Tensor x0 = test::golden_tensor(golden, "fixed_large.x0").narrow(0, 0, 2);
    save("pair.npy", x0);
    save("swapped.npy", x0.flip(0).contiguous());
    const auto between = [&](const char* pair, const char* out, Words more) {
        Words words{"explore", "interpolate", "--model", model_folder(), "--x",  path(pair), "--out",
                    path(out), "--lambdas",   "3",       "--sampler",    "ddim", "--eta",    "1",
                    "--steps", "10",          "--quiet"};
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    };
    QVERIFY_OK(between("pair.npy", "there.npy", {"--t", "100,700"}));
    QVERIFY_OK(between("swapped.npy", "back.npy", {"--t", "100,700"}));
    const torch::Tensor there = load("there.npy"), back = load("back.npy");
    QCOMPARE(there.sizes().vec(), (std::vector<std::int64_t>{2, 3, 3, 16, 16}));
    // One noise for both ends: swapping the pictures turns the row round.
    QVERIFY(test::max_abs_difference(there, back.flip(1)) < 1e-4);
    QVERIFY(test::max_abs_difference(there[0][0], there[0][2]) > 0.1);
    QVERIFY_OK(between("pair.npy", "separate.npy", {"--t", "100,700", "--separate-noise"}));
    QVERIFY(test::max_abs_difference(load("separate.npy")[1][0], there[1][0]) < 1e-4);
    QVERIFY(test::max_abs_difference(load("separate.npy")[1][2], there[1][2]) > 1e-2);
}

void NumbersTest::progress_ends_with_the_samples() {
    const Words plan{"--sampler", "ddim", "--steps", "9", "--seed", "3", "--count", "2", "--quiet"};
    Words words{"explore",   "progress", "--model", model_folder(),
                "--moments", "4",        "--out",   path("progress.npy")};
    words.insert(words.end(), plan.begin(), plan.end());
    QVERIFY_OK(run(words));
    words = {"sample", "--model", model_folder(), "--out", path("end.npy"), "--record-x0", path("x0.npy")};
    words.insert(words.end(), plan.begin(), plan.end());
    QVERIFY_OK(run(words));
    const torch::Tensor moments = load("progress.npy"), x0 = load("x0.npy");
    QCOMPARE(moments.size(0), std::int64_t{4});
    const int steps[]{0, 3, 5, 8}; // round(k · 8 / 3)
    for (int k = 0; k < 4; ++k)
        QVERIFY(test::max_abs_difference(moments[k], x0[steps[k]]) < 1e-5);
    QVERIFY(test::max_abs_difference(moments[3], load("end.npy")) < 1e-5);
}

void NumbersTest::encoding_leads_back() {
    const auto golden = test::read_golden("vlb.safetensors");
    save("x.npy", test::golden_tensor(golden, "fixed_large.x0").narrow(0, 0, 1));
    const auto error = [&](const char* steps) {
        const int there = run({"explore", "encode", "--model", model_folder(), "--x", path("x.npy"),
                               "--steps", steps, "--sampler", "ddim", "--out", path("xt.npy"), "--quiet"});
        const int back = run({"sample", "--model", model_folder(), "--noise", path("xt.npy"), "--sampler",
                              "ddim", "--no-clip", "--steps", steps, "--out", path("back.npy"), "--quiet"});
        if (there != exit_ok || back != exit_ok) qFatal("%s", err_.str().c_str());
        return (load("back.npy") - load("x.npy")).square().mean().item<double>();
    };
    const double coarse = error("50"), fine = error("200");
    QVERIFY2(fine < 0.5 * coarse, qPrintable(QString("%1 %2").arg(coarse).arg(fine)));
}

void NumbersTest::wrong_arrays_are_refused_data() {
    QTest::addColumn<QString>("line");
    QTest::addColumn<QString>("expected");
    QTest::addColumn<int>("code");
    const auto row = [](const char* name, const char* line, const char* expected, int code) {
        QTest::addRow("%s", name) << line << expected << code;
    };
    row("no such array", "predict --model MODEL --x DIR/none.npy --t 0 --out DIR/never.npy", "none.npy",
        exit_input);
    row("another shape", "predict --model MODEL --x DIR/grey.npy --t 0 --out DIR/never.npy", "[2, 1, 16, 16]",
        exit_input);
    row("t out of range", "predict --model MODEL --x DIR/good.npy --t 1000 --out DIR/never.npy", "999",
        exit_usage);
    row("too many t", "predict --model MODEL --x DIR/good.npy --t 1,2,3 --out DIR/never.npy", "--t",
        exit_usage);
    row("labels without classes",
        "predict --model MODEL --x DIR/good.npy --t 1 --labels 1 --out DIR/never.npy", "class", exit_usage);
    row("no such sampler", "sample --model MODEL --noise DIR/good.npy --sampler euler --out DIR/never.npy",
        "heun", exit_usage);
    row("key with a wrong value",
        "sample --model MODEL --noise DIR/good.npy --beta-schedule round --out DIR/never.npy",
        "beta_schedule", exit_usage);
    row("a class of none", "sample --model MODEL --label 3 --count 1 --steps 1 --out DIR/never.npy", "class",
        exit_usage);
    row("bound of points", "measure bound --model MODEL --data two-moons --json", "measured for pictures",
        exit_input);
    row("nothing to explore", "explore beauty --model MODEL --out DIR/never.npy", "fork, interpolate",
        exit_usage);
    row("too deep", "explore fork --model MODEL --t 1001 --out DIR/never.npy", "choose 1 to 1000",
        exit_usage);
    row("no list", "explore fork --model MODEL --t 1,,2 --out DIR/never.npy", "--t: '1,,2'", exit_usage);
    row("a depth of nothing", "explore encode --model MODEL --x DIR/three.npy --t 5 --out DIR/never.npy",
        "encode does not use it", exit_usage);
    row("two sources", "explore encode --model MODEL --x DIR/three.npy --pictures 1 --out DIR/never.npy",
        "leave one of them out", exit_usage);
    row("not two", "explore interpolate --model MODEL --x DIR/three.npy --out DIR/never.npy", "between two",
        exit_input);
    row("no such measure", "measure beauty --model MODEL", "bound, rate or neighbours", exit_usage);
    row("no such schedule", "schedule --name steep", "linear", exit_usage);
    row("beta out of range", "schedule --name linear --beta-end 2", "--beta-end", exit_usage);
    row("export over a folder", "export diffusers --model MODEL --out DIR", "not empty", exit_output);
}

void NumbersTest::wrong_arrays_are_refused() {
    QFETCH(QString, line);
    QFETCH(QString, expected);
    QFETCH(int, code);
    save("good.npy", torch::zeros({2, 3, 16, 16}));
    save("three.npy", torch::zeros({3, 3, 16, 16}));
    save("grey.npy", torch::zeros({2, 1, 16, 16}));
    Words words;
    for (QString part : line.split(' '))
        words.push_back(part.replace("MODEL", QString::fromStdString(model_folder()))
                            .replace("DIR", folder_.path())
                            .toStdString());
    const int given = run(words);
    const QString said = QString::fromStdString(err_.str());
    QVERIFY2(said.contains(expected), qPrintable(said));
    QVERIFY2(said.contains("Remedy: "), qPrintable(said));
    QCOMPARE(given, code);
    QVERIFY(out_.str().empty());
    QVERIFY(!QFile::exists(folder_.filePath("never.npy")));
}

QTEST_GUILESS_MAIN(NumbersTest)
#include "test_numbers.moc"
