/** All that a transaction looked at by criteria, as terms of its one commit. */
import { type Look, type Terms, termsOf } from '../conditional/look.ts'

/** `isNew`: what the criteria do not find is made by this transaction. */
export type Relied = { readonly look: Look; readonly isNew: boolean }

/** A claim is used once, by the generation that was read first. */
export function termsOfAll(relied: readonly Relied[]): Terms {
  if (relied.length === 0) return {}
  const isNew = new Map<Look, boolean>()
  for (const one of relied) isNew.set(one.look, one.isNew || isNew.get(one.look) === true)
  const all = [...isNew].map(([look, isNew]) => termsOf(look, isNew))
  const claims = new Map(
    all
      .flatMap(({ claims = [] }) => claims)
      .reverse()
      .map(claim => [claim.key, claim]),
  )
  return {
    guards: all.flatMap(({ guards = [] }) => guards),
    claims: [...claims.values()].sort((a, b) => (a.key < b.key ? -1 : 1)),
  }
}
