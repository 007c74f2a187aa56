// The two pictures of an interpolation: from the chain's samples, the data, or a file.
#include "bridge/engine_bridge.h"
#include "stages/denoise/tools/interpolate_tool.h"
#include "views/picture_grid.h"
#include "views/picture_source.h"

#include <QDropEvent>
#include <QMimeData>
#include <QPointer>
#include <QRandomGenerator>
#include <QUrl>

namespace ddpm::ui {
namespace {

QString droppedFile(const QMimeData& data) {
    const QList<QUrl> urls = data.urls();
    return urls.isEmpty() ? QString() : urls.first().toLocalFile();
}

class ChooseEnd final : public QUndoCommand {
public:
    ChooseEnd(InterpolateTool* tool, int which, InterpolateTool::End before, InterpolateTool::End after)
        : QUndoCommand(InterpolateTool::tr("Choose picture %1").arg(which == 0 ? "A" : "B")), tool_(tool),
          which_(which), before_(std::move(before)), after_(std::move(after)) {}
    void undo() override {
        if (tool_) tool_->setEnd(which_, before_);
    }
    void redo() override {
        if (tool_) tool_->setEnd(which_, after_);
    }

private:
    QPointer<InterpolateTool> tool_;
    int which_;
    InterpolateTool::End before_, after_;
};

} // namespace

void InterpolateTool::openEnds() {
    const auto finished = samples();
    for (int which = 0; which < 2; ++which) {
        asked_[static_cast<std::size_t>(which)] = 0;
        setEnd(which, nullptr);
        if (finished && finished->shape.count > 1) {
            const int chain = (place_.chain + which) % finished->shape.count;
            const auto picture = std::make_shared<EndPicture>(EndPicture{
                tr("chain %1").arg(chain + 1), chain, itemShape(), finished->item(ChainPart::x, chain)});
            setEnd(which, picture);
        } else {
            askPicture(which, {});
        }
    }
    compute();
}

void InterpolateTool::setEnd(int which, const End& picture) {
    const auto index = static_cast<std::size_t>(which);
    if (ends_[index] == picture && picture) return;
    ends_[index] = picture;
    cards_[index]->show(picture);
    if (picture)
        small_[index]->setPictures(to_drawable(picture->shape, picture->x0.data()).pictures);
    else
        small_[index]->clear();
    setActive(active_);
    computeSoon();
}

void InterpolateTool::chooseEnd(int which, const End& picture) {
    const End before = ends_[static_cast<std::size_t>(which)];
    asked_[static_cast<std::size_t>(which)] = 0;
    setEnd(which, picture);
    if (before && before != picture) Q_EMIT undoable(new ChooseEnd(this, which, before, picture));
}

void InterpolateTool::chooseChain(int which, int chain) {
    const auto finished = samples();
    if (!finished || chain < 0 || chain >= finished->shape.count) return;
    chooseEnd(which,
              std::make_shared<EndPicture>(EndPicture{tr("chain %1").arg(chain + 1), chain, itemShape(),
                                                      finished->item(ChainPart::x, chain)}));
}

void InterpolateTool::askPicture(int which, const QString& file) {
    FitPicture command;
    command.id = bridge().newId();
    command.file = file.toStdString();
    command.data = place_.model.settings.data;
    command.index = -1;
    command.seed = QRandomGenerator::global()->generate();
    asked_[static_cast<std::size_t>(which)] = command.id;
    cards_[static_cast<std::size_t>(which)]->setWaiting();
    bridge().submit(std::move(command));
}

void InterpolateTool::takePicture(const PictureFitted& fitted) {
    for (int which = 0; which < 2; ++which) {
        const auto index = static_cast<std::size_t>(which);
        if (asked_[index] == 0 || asked_[index] != fitted.id) continue;
        asked_[index] = 0;
        if (!(fitted.shape == itemShape())) {
            cards_[index]->setProblem(tr("It has another size than this model's pictures"));
            return;
        }
        QString title = QString::fromStdString(fitted.title);
        if (fitted.label >= 0) title = tr("%1 · label %2").arg(title).arg(fitted.label);
        chooseEnd(which, std::make_shared<EndPicture>(EndPicture{title, -1, fitted.shape, fitted.x0}));
    }
}

void InterpolateTool::takeFailure(const Failed& failed) {
    for (std::size_t which = 0; which < asked_.size(); ++which) {
        if (asked_[which] == 0 || asked_[which] != failed.id) continue;
        asked_[which] = 0;
        cards_[which]->setProblem(QString::fromStdString(failed.error.line()));
    }
}

void InterpolateTool::takeRefusal(std::uint64_t branch, const QString& why) {
    for (Row& row : rows_)
        if (row.branch == branch) row.refusal = why;
    if (exact_.branch == branch) exact_.refusal = why;
    refresh();
}

bool InterpolateTool::openPicture(const QString& file) {
    askPicture(active_, file);
    return true;
}

void InterpolateTool::dragEnterEvent(QDragEnterEvent* event) {
    if (!droppedFile(*event->mimeData()).isEmpty()) event->acceptProposedAction();
}

void InterpolateTool::dropEvent(QDropEvent* event) {
    const QString file = droppedFile(*event->mimeData());
    if (file.isEmpty()) return;
    event->acceptProposedAction();
    const QWidget* under = childAt(event->position().toPoint());
    for (int which = 0; which < 2; ++which)
        if (under && (under == endCard(which) || endCard(which)->isAncestorOf(under))) setActive(which);
    openPicture(file);
}

void InterpolateTool::chooseFile(int which) {
    setActive(which);
    choosePictureFile(this, tr("Open a picture"),
                      [this, which](const QString& file) { askPicture(which, file); });
}

void InterpolateTool::setActive(int which) {
    active_ = which;
    for (int i = 0; i < 2; ++i)
        cards_[static_cast<std::size_t>(i)]->setActive(i == which);
    const End& picture = end(which);
    strip_->setSelected(picture ? picture->chain : -1);
}

void InterpolateTool::showSamples() {
    const auto finished = samples();
    for (InterpolateEnd* card : cards_)
        card->setChains(finished ? finished->shape.count : 0);
    fit();
    for (int which = 0; which < 2; ++which)
        if (end(which)) cards_[static_cast<std::size_t>(which)]->show(end(which));
    if (!finished) return;
    strip_->setPictures(finished->drawable(ChainPart::x).pictures);
    QStringList texts;
    for (int i = 0; i < finished->shape.count; ++i)
        texts << tr("chain %1").arg(i + 1);
    strip_->setHoverText(texts);
    setActive(active_);
}

} // namespace ddpm::ui
