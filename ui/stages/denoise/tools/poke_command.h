// What was done on the canvas, for the undo stack. Commands outlive the canvas they belong to and then do
// nothing.
#pragma once

#include "stages/denoise/tools/poke_edit.h"

#include <QPointer>
#include <QUndoCommand>

namespace ddpm::ui {

class PokeTool;

/// A stroke, a placed picture, a reset.
class PokeStroke : public QUndoCommand {
public:
    PokeStroke(PokeTool& tool, const QString& name, PokeEdit::Patch patch);
    void undo() override;
    void redo() override;

private:
    void apply(bool forwards);

    QPointer<PokeTool> tool_;
    std::uint64_t session_;
    PokeEdit::Patch patch_;
};

/// Another state became the canvas.
class PokeRebase : public QUndoCommand {
public:
    PokeRebase(PokeTool& tool, const QString& name, PokeEdit::Snapshot before,
               std::shared_ptr<const PokeBase> after);
    void undo() override;
    void redo() override;

private:
    QPointer<PokeTool> tool_;
    std::uint64_t session_;
    PokeEdit::Snapshot before_, after_;
};

} // namespace ddpm::ui
