/** `effectiveTime`: days as RF2 writes them, so that their order is that of their digits. */
import { isInOrder } from './compare.ts'
import type { Comparison } from './expression.ts'

type Times = { readonly compare: Comparison; readonly anyOf: readonly string[] }

/** `!=`: none of them; else one of them. */
export function timeTest({ compare: how, anyOf }: Times): (time: string) => boolean {
  return time => {
    const day = time.replaceAll('-', '')
    return how === '!=' ? anyOf.every(each => isInOrder(day, how, each)) : anyOf.some(each => isInOrder(day, how, each))
  }
}
