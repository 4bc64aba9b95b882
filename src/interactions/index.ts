/** All interactions, by hand: from this list come the dispatch table, metric labels, audit codes, scopes and the CapabilityStatement. */
import { capabilities } from './capabilities.ts'
import { conditionalDelete } from './conditional/delete.ts'
import { conditionalPatch } from './conditional/patch.ts'
import { conditionalUpdate } from './conditional/update.ts'
import { create } from './create.ts'
import { remove } from './delete.ts'
import { historyInstance, historySystem, historyType } from './history/history.ts'
import type { Interaction } from './interaction.ts'
import { patch } from './patch.ts'
import { read } from './read.ts'
import { searches } from './search/search.ts'
import { batch, transaction } from './transaction/submit.ts'
import { update } from './update.ts'
import { vread } from './vread.ts'

export const interactions: readonly Interaction[] = [
  read,
  vread,
  create,
  update,
  conditionalUpdate,
  patch,
  conditionalPatch,
  remove,
  conditionalDelete,
  historyInstance,
  historyType,
  historySystem,
  ...searches,
  transaction,
  batch,
  capabilities,
]
