/** A resource that was found. */
import type { Place } from '../../search/node.ts'
import type { Match, Version } from '../../store/port.ts'

export type Hit = {
  /** What is shown. */
  readonly version: Version
  /** What was judged: the same, unless the resource was changed since the walk began. */
  readonly json: string
  readonly place: Place
}

export function hitOf({ version, place }: Match): Hit {
  return { version, json: version.json ?? '', place }
}
