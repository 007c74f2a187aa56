#include "stages/denoise/tools/poke_command.h"

#include "stages/denoise/tools/poke_tool.h"

#include <utility>

namespace ddpm::ui {

PokeStroke::PokeStroke(PokeTool& tool, const QString& name, PokeEdit::Patch patch)
    : QUndoCommand(name), tool_(&tool), session_(tool.session()), patch_(std::move(patch)) {}

void PokeStroke::undo() {
    apply(false);
}

void PokeStroke::redo() {
    apply(true);
}

void PokeStroke::apply(bool forwards) {
    if (tool_ && tool_->session() == session_)
        tool_->apply(patch_, forwards);
    else
        setObsolete(true);
}

PokeRebase::PokeRebase(PokeTool& tool, const QString& name, PokeEdit::Snapshot before,
                       std::shared_ptr<const PokeBase> after)
    : QUndoCommand(name), tool_(&tool), session_(tool.session()),
      before_(std::move(before)), after_{after, after->x, after->content, after->noise} {}

void PokeRebase::undo() {
    if (tool_ && tool_->session() == session_)
        tool_->restore(before_);
    else
        setObsolete(true);
}

void PokeRebase::redo() {
    if (tool_ && tool_->session() == session_)
        tool_->restore(after_);
    else
        setObsolete(true);
}

} // namespace ddpm::ui
