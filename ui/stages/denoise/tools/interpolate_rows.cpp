// The chains of an interpolation: one branch for each depth and one for a marker between the cells.
#include "stages/denoise/tools/interpolate_tool.h"
#include "views/picture_grid.h"
#include "views/picture_image.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>

#include <algorithm>

namespace ddpm::ui {
namespace {

/// What a chain at λ begins from: the mixtures of one depth lie on a line, from A's to B's.
std::vector<float> mixtureOf(const ChainState& first, double lambda) {
    const int last = first.shape.count - 1;
    std::vector<float> mixed = first.item(ChainPart::x, 0);
    const std::vector<float> other = first.item(ChainPart::x, last);
    for (std::size_t i = 0; last > 0 && i < mixed.size(); ++i)
        mixed[i] = static_cast<float>((1 - lambda) * static_cast<double>(mixed[i]) +
                                      lambda * static_cast<double>(other[i]));
    return mixed;
}

} // namespace

// What is asked for
// ------------------------------------------------------------------------------------------------

ItemShape InterpolateTool::itemShape() const {
    const UnetSettings& net = place_.model.settings.model.unet;
    return {1, net.sample_size, net.sample_size, net.in_channels};
}

std::shared_ptr<const ChainState> InterpolateTool::samples() const {
    if (!opened_ || !ofChain_ || !place_.record || !place_.record->finished()) return nullptr;
    auto last = place_.record->state(place_.record->size() - 1);
    return last && last->t == 0 ? last : nullptr;
}

std::vector<double> InterpolateTool::lambdas() const {
    const int count = columns_->value();
    std::vector<double> lambdas;
    for (int i = 0; i < count; ++i)
        lambdas.push_back(static_cast<double>(i) / (count - 1));
    return lambdas;
}

InterpolateTool::Question InterpolateTool::question() const {
    Question asked;
    asked.settings = place_.form;
    const int T = std::max(1, place_.model.schedule.timesteps());
    if (sampler_->currentIndex() == 0) {
        asked.settings.sampler = Sampler::ddim;
        asked.settings.steps = std::min(usualSteps, T);
        asked.settings.eta = 0;
    }
    asked.settings.seed = static_cast<std::uint64_t>(seed_->value());
    // All cells are of one class or of none: "each in turn" would change it from column to column.
    if (asked.settings.label < 0) asked.settings.guidance = 0;
    asked.settings.count = columns_->value();
    asked.first = ends_[0];
    asked.second = ends_[1];
    asked.lambdas = lambdas();
    asked.separate = separate_->isChecked();
    asked.ofChain = ofChain_;
    return asked;
}

std::uint64_t InterpolateTool::startBranch(int t, std::vector<double> lambdas) {
    StartBranch command;
    command.of_chain = question_->ofChain;
    command.settings = question_->settings;
    command.settings.count = static_cast<int>(lambdas.size());
    FromMixture from;
    from.t = t;
    from.first = question_->first->x0;
    from.second = question_->second->x0;
    from.lambdas = std::move(lambdas);
    from.separate = question_->separate;
    command.from = std::move(from);
    return branches().start(std::move(command));
}

void InterpolateTool::computeSoon() {
    if (opened_) startTimer_.start();
}

void InterpolateTool::compute() {
    startTimer_.stop();
    const auto depths = parseDepths(depths_->text(), std::max(1, place_.model.schedule.timesteps()));
    const Question asked = question();
    if (!depths.empty() && (depths != board_->depths() || asked.lambdas != board_->lambdas()))
        board_->setAxes(asked.lambdas, depths);
    const std::vector<int>& shown = board_->depths();
    const bool other = !(question_ == asked);
    std::vector<Row> rows;
    for (const int t : shown) {
        const auto kept = std::find_if(rows_.begin(), rows_.end(), [&](const Row& r) { return r.t == t; });
        Row row;
        row.t = t;
        if (!other && kept != rows_.end()) {
            row.branch = kept->branch; // the same question: what was computed stays
            row.refusal = kept->refusal;
            kept->branch = 0;
        }
        rows.push_back(row);
    }
    for (const Row& row : rows_)
        if (row.branch != 0) branches().drop(row.branch);
    if (other) {
        if (exact_.branch != 0) branches().drop(exact_.branch);
        exact_ = {};
    }
    rows_ = std::move(rows);
    const bool complete = asked.first && asked.second;
    question_ = complete ? std::optional(asked) : std::nullopt;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        if (complete && rows_[i].branch == 0) rows_[i].branch = startBranch(rows_[i].t, asked.lambdas);
        board_->clearRow(static_cast<int>(i));
    }
    takeMarker();
    refresh();
    Q_EMIT progressed();
    if (complete && other) Q_EMIT followWanted();
}

void InterpolateTool::takeMarker() {
    restTimer_.stop();
    if (exact_.branch != 0 && !exactHere()) {
        branches().drop(exact_.branch);
        exact_ = {};
    }
    if (!board_->onCell() && exact_.branch == 0) restTimer_.start();
    showPreview();
}

void InterpolateTool::computeExact() {
    restTimer_.stop();
    if (!question_ || board_->onCell() || exactHere()) return;
    if (exact_.branch != 0) branches().drop(exact_.branch);
    exact_ = {0, board_->lambda(), board_->depth(), {}};
    exact_.branch = startBranch(exact_.t, {exact_.lambda});
    showPreview();
    Q_EMIT progressed();
}

bool InterpolateTool::exactHere() const {
    return exact_.branch != 0 && exact_.lambda == board_->lambda() && exact_.t == board_->depth();
}

bool InterpolateTool::interrupted(const Row& row) const {
    if (row.branch == 0 || branches().running(row.branch)) return false;
    const auto record = branches().record(row.branch);
    const auto last = record ? record->state(record->size() - 1) : nullptr;
    return !last || last->t != 0;
}

void InterpolateTool::retry() {
    for (Row& row : rows_) {
        if (!interrupted(row)) continue;
        branches().drop(row.branch);
        row.branch = 0;
    }
    compute();
    Q_EMIT followWanted();
}

// What is on screen
// ------------------------------------------------------------------------------------------------

std::shared_ptr<const ChainRecord> InterpolateTool::leading() const {
    for (const Row& row : rows_) // the deepest comes first
        if (auto record = branches().record(row.branch)) return record;
    return nullptr;
}

int InterpolateTool::last() const {
    const auto record = leading();
    if (!record) return 0;
    return record->finished() ? std::max(0, record->size() - 1) : record->planned() - 1;
}

int InterpolateTool::available() const {
    const auto record = leading();
    return record ? record->size() - 1 : -1;
}

QString InterpolateTool::readout(int position) const {
    const auto record = leading();
    const auto state = record ? record->state(position) : nullptr;
    return tr("t = %1").arg(state ? QString::number(state->t) : QStringLiteral("–"));
}

InterpolateTool::Shown InterpolateTool::shownOf(const ChainRecord& record, int position) const {
    using Look = InterpolateBoard::Look;
    const auto first = record.state(0);
    if (!first) return {};
    const auto lead = leading();
    const auto at = lead ? lead->state(std::min(position, lead->size() - 1)) : nullptr;
    const int t = at ? at->t : first->t;
    int index = -1; // the newest state that is not past t
    for (int low = 0, high = record.size() - 1; low <= high;) {
        const int middle = (low + high) / 2;
        const auto state = record.state(middle);
        if (state && state->t >= t)
            index = middle, low = middle + 1;
        else
            high = middle - 1;
    }
    if (index < 0) return {first, Look::mixture}; // its turn comes later
    auto state = record.state(index);
    return {state, state->t == 0 ? Look::done : Look::belief};
}

void InterpolateTool::refresh() {
    again_->setVisible(
        std::any_of(rows_.begin(), rows_.end(), [this](const Row& row) { return interrupted(row); }));
    showPosition(position());
}

void InterpolateTool::showPosition(int position) {
    for (std::size_t row = 0; row < rows_.size(); ++row)
        showRow(row, position);
    showPreview();
}

void InterpolateTool::showRow(std::size_t index, int position) {
    Row& row = rows_[index];
    const auto record = branches().record(row.branch);
    const Shown shown = record ? shownOf(*record, position) : Shown{};
    if (!shown.state) {
        const bool refused = row.branch != 0 && branches().refused(row.branch);
        const QString why = row.refusal.isEmpty() ? tr("This row could not be started") : row.refusal;
        board_->clearRow(static_cast<int>(index), refused ? why : QString());
        row.shown.reset();
        return;
    }
    if (shown.state == row.shown && shown.look == row.look) return;
    row.shown = shown.state;
    row.look = shown.look;
    const bool mixture = shown.look == InterpolateBoard::Look::mixture;
    const PictureStack pictures = shown.state->drawable(mixture ? ChainPart::x : ChainPart::x0_hat).pictures;
    const int columns = static_cast<int>(board_->lambdas().size());
    for (int column = 0; column < std::min(pictures.count, columns); ++column)
        board_->setCell(static_cast<int>(index), column, pictureImage(pictures, column), shown.look);
}

const InterpolateTool::Row* InterpolateTool::markerRow() const {
    const int row = board_->nearestRow();
    return row >= 0 && row < static_cast<int>(rows_.size()) ? &rows_[static_cast<std::size_t>(row)] : nullptr;
}

QString InterpolateTool::status(const Shown& shown, int begun) const {
    switch (shown.look) {
    case InterpolateBoard::Look::waiting:
        break;
    case InterpolateBoard::Look::mixture:
        return tr("the mixture, denoised from t = %1 on").arg(begun);
    case InterpolateBoard::Look::belief:
        return tr("x̂₀ at t = %1, begun at t = %2").arg(shown.state->t).arg(begun);
    case InterpolateBoard::Look::done:
        return tr("denoised from t = %1").arg(begun);
    }
    return tr("waits for its turn");
}

void InterpolateTool::showPreview() {
    const bool exact = exactHere();
    const Row* row = markerRow();
    //: what the preview shows: "λ = 0.43, t = 500"
    const QString where = tr("λ = %1, t = %2").arg(board_->lambda(), 0, 'f', 2).arg(board_->depth());
    previewTitle_->setText(where);
    auto record = exact ? branches().record(exact_.branch) : nullptr;
    const bool ofRow = !record || record->size() == 0; // until then the nearest cell
    if (ofRow) record = row ? branches().record(row->branch) : nullptr;
    const Shown shown = record ? shownOf(*record, position()) : Shown{};
    QString words;
    if (!ends_[0] || !ends_[1])
        words = tr("waits for two pictures");
    else if (exact && branches().refused(exact_.branch))
        words = exact_.refusal.isEmpty() ? tr("It could not be started") : exact_.refusal;
    else if (shown.state)
        words = status(shown, record->state(0)->t);
    else
        words = row && branches().refused(row->branch) ? row->refusal : tr("waits for its turn");
    if (ofRow && shown.state && !board_->onCell() && row)
        words = tr("nearest cell, λ = %1, t = %2: %3")
                    .arg(board_->lambdas()[static_cast<std::size_t>(board_->nearestColumn())], 0, 'f', 2)
                    .arg(row->t)
                    .arg(words);
    previewWords_->setText(words);
    previewWords_->setToolTip(words);
    board_->setAccessibleDescription(QStringLiteral("%1: %2").arg(where, words));
    preview_->setAccessibleDescription(board_->accessibleDescription());
    if (!shown.state) {
        preview_->clear();
        mixture_->clear();
        return;
    }
    const int item = ofRow ? std::min(board_->nearestColumn(), shown.state->shape.count - 1) : 0;
    const bool mixture = shown.look == InterpolateBoard::Look::mixture;
    preview_->setPictures(shown.state->drawable(mixture ? ChainPart::x : ChainPart::x0_hat, item).pictures);
    const auto first = record->state(0);
    ItemShape one = first->shape;
    one.count = 1;
    mixture_->setPictures(to_drawable(one, mixtureOf(*first, board_->lambda()).data()).pictures);
}

std::uint64_t InterpolateTool::exportBranch() const {
    const Row* row = markerRow();
    const auto record = row ? branches().record(row->branch) : nullptr;
    return record && record->size() > 0 ? row->branch : 0;
}

int InterpolateTool::exportState() const {
    const Row* row = markerRow();
    const auto record = row ? branches().record(row->branch) : nullptr;
    const auto shown = record ? shownOf(*record, position()).state : nullptr;
    for (int i = 0; shown && i < record->size(); ++i)
        if (record->state(i) == shown) return i;
    return 0;
}

} // namespace ddpm::ui
