#include "runtime/model.h"

#include "formats/checkpoint.h"
#include "formats/diffusers_folder.h"
#include "formats/run_folder.h"

namespace ddpm::runtime {
namespace {

Result<Model> load_run(const std::filesystem::path& folder, torch::Device device) {
    auto settings = formats::read_run_settings(folder);
    if (!settings) return settings.error();
    auto loaded = formats::load_newest_checkpoint(folder);
    if (!loaded) return loaded.error();
    Model model;
    model.settings = *settings;
    model.sampling = usual_sampling(model.settings.diffusion);
    model.step = loaded->checkpoint.step;
    model.notices = loaded->notices;
    formats::TensorList ema;
    for (const auto& [name, tensor] : loaded->checkpoint.tensors)
        if (name.rfind("ema.", 0) == 0) ema.emplace_back(name.substr(4), tensor);
    model.net = make_frozen_net(model.settings.model, device);
    if (Status fits = model.net->parameters().load(ema, loaded->file.string()); !fits) return fits.error();
    return model;
}

Result<Model> load_diffusers(const std::filesystem::path& folder, torch::Device device) {
    auto read = formats::read_diffusers(folder);
    if (!read) return read.error();
    Model model;
    model.settings.model.unet = read->unet;
    model.settings.diffusion = read->diffusion;
    // A diffusers folder does not say what its net was trained on: bundled pictures of its colours, for those
    // who ask for an example.
    model.settings.data.kind = read->unet.in_channels == 3 ? DataKind::emoji : DataKind::mnist;
    model.sampling = read->sampling;
    model.notices = read->notices;
    model.source = read->source;
    if (const auto problems = model.settings.model.check(); !problems.empty())
        return to_error(problems, folder.string());
    if (const auto problems = model.settings.diffusion.check(); !problems.empty())
        return to_error(problems, folder.string());
    model.net = make_frozen_net(model.settings.model, device);
    if (Status fits = model.net->parameters().load(read->weights, folder.string()); !fits)
        return fits.error();
    return model;
}

} // namespace

std::vector<std::int64_t> Model::item_shape() const {
    if (settings.model.kind == NetKind::point_mlp) return {2};
    const UnetSettings& unet = settings.model.unet;
    return {unet.in_channels, unet.sample_size, unet.sample_size};
}

Result<Model> load_model(const std::filesystem::path& folder, torch::Device device) {
    std::error_code ignored;
    if (!std::filesystem::is_directory(folder, ignored))
        return Error{"there is no such folder", folder.string(),
                     "choose a run of DDPM Lab or a diffusers folder"};
    const bool run = formats::is_run_folder(folder);
    if (!run && !formats::is_diffusers_folder(folder))
        return Error{"this is neither a run of DDPM Lab nor a diffusers folder", folder.string(),
                     "choose a folder with settings.json, or with model_index.json and unet/"};
    auto model = run ? load_run(folder, device) : load_diffusers(folder, device);
    if (!model) return model;
    model->folder = folder;
    model->name = run && !model->settings.name.empty()
                      ? model->settings.name
                      : std::filesystem::absolute(folder).lexically_normal().filename().string();
    model->device = device;
    model->schedule = diffusion::make_schedule(model->settings.diffusion.schedule);
    return model;
}

SamplingSettings usual_sampling(const DiffusionSettings& diffusion) {
    SamplingSettings sampling;
    sampling.steps = diffusion.schedule.timesteps;
    sampling.spacing = Spacing::trailing; // with fewer steps it still starts at T, where x_T is noise
    if (diffusion.learned_variance != LearnedVariance::none) sampling.variance = Variance::learned;
    return sampling;
}

Result<formats::DiffusersModel> to_diffusers(const Model& model, const std::filesystem::path& where) {
    if (model.settings.model.kind != NetKind::unet)
        return Error{"diffusers has no net for points", where.string(),
                     "keep the run folder: it holds the weights as safetensors"};
    formats::DiffusersModel folder;
    folder.unet = model.settings.model.unet;
    folder.diffusion = model.settings.diffusion;
    folder.sampling = model.sampling;
    folder.weights = model.net->parameters().snapshot();
    folder.source = model.source;
    folder.betas = model.schedule.betas;
    return folder;
}

std::vector<Problem> check_sampling(const Model& model, const SamplingSettings& settings) {
    std::vector<Problem> problems = settings.check(model.schedule.timesteps());
    const bool unet = model.settings.model.kind == NetKind::unet;
    const int embeddings = unet ? model.settings.model.unet.num_class_embeds : 0;
    if (embeddings == 0 && (settings.label >= 0 || settings.guidance != 1))
        problems.push_back({settings.label >= 0 ? "sampling.label" : "sampling.guidance",
                            "this model was trained without classes", "leave it out"});
    else if (embeddings > 0 && settings.label >= embeddings)
        problems.push_back({"sampling.label", "the model has no class " + std::to_string(settings.label),
                            "choose 0 to " + std::to_string(std::max(0, embeddings - 2))});
    const bool learned = model.settings.diffusion.learned_variance != LearnedVariance::none;
    if (settings.variance == Variance::learned && settings.sampler == Sampler::ancestral && !learned)
        problems.push_back(
            {"sampling.variance", "this model has no learned variance", "choose fixed-large or fixed-small"});
    if (settings.spacing == Spacing::leading && settings.steps_offset > 0) {
        const int stride = model.schedule.timesteps() / std::max(1, settings.steps);
        if ((settings.steps - 1) * stride + settings.steps_offset >= model.schedule.timesteps())
            problems.push_back({"sampling.steps_offset", "the first step would lie beyond T",
                                "choose a smaller offset or another spacing"});
    }
    return problems;
}

std::shared_ptr<network::Net> make_frozen_net(const ModelSettings& settings, torch::Device device) {
    std::shared_ptr<network::Net> net = network::make_net(settings, device, 0);
    for (const torch::Tensor& tensor : net->parameters().tensors())
        tensor.set_requires_grad(false);
    return net;
}

std::shared_ptr<network::Net> copy_of(const network::Net& net, const ModelSettings& settings,
                                      torch::Device device) {
    std::shared_ptr<network::Net> copy = make_frozen_net(settings, device);
    const torch::NoGradGuard no_grad;
    copy->parameters().flat().copy_(net.parameters().flat());
    return copy;
}

} // namespace ddpm::runtime
