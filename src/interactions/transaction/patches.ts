/**
 * What the patches of a transaction come to: worked out before anything is judged, so that a patched resource is judged beside the
 * other entries, and they by what it will be. https://hl7.org/fhir/R4/http.html#patch
 */
import type { Resource } from '../../fhir/resource.ts'
import type { Key, Version } from '../../store/port.ts'
import type { Context } from '../interaction.ts'
import { patchedResource } from '../patch.ts'
import { patchDocument } from '../patch-document.ts'
import type { Choice } from './choose.ts'
import { condition } from './condition.ts'
import { placed, type Step } from './step.ts'

/** An entry whose references are resolved; of a patch, still with the document. */
export type Ready = Step & { readonly key: Key; readonly choice?: Choice }

/** The same, of a patch with its result and the version that this was made of. */
export type Patched = Ready & { readonly current?: Version }

export async function withPatches(ctx: Context, entries: readonly Ready[]): Promise<readonly Patched[]> {
  const patches = entries.filter(isPatch)
  if (patches.length === 0) return entries
  const unchosen = patches.filter(entry => !chosen(entry))
  const states = await ctx.store.readAll(unchosen.map(({ key }) => key))
  const standing = new Map(unchosen.map((entry, position) => [entry, states[position]]))
  const done: Patched[] = []
  for (const entry of entries) {
    await ctx.turn()
    done.push(isPatch(entry) ? withPatch(ctx, entry, chosen(entry) ?? standing.get(entry)) : entry)
  }
  return done
}

function isPatch({ interaction }: Ready): boolean {
  return interaction.code === 'patch'
}

function withPatch(ctx: Context, entry: Ready, current: Version | undefined): Patched {
  return placed(entry.at, () => {
    condition(entry, current)
    const resource: Resource = patchedResource(ctx, entry.key, current, patchDocument(entry.request))
    return { ...entry, resource, ...(current ? { current } : {}) }
  })
}

/** What criteria chose is taken as they found it: by now it might be one that they would not choose. */
export function chosen({ choice, key }: Ready): Version | undefined {
  return choice?.matches.find(({ id }) => id === key.id)
}
