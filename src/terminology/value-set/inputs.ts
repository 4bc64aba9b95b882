/** What an answer was made from, so that it can be told later whether it still holds. */
import type { JsonObject } from '../../fhir/resource.ts'
import type { Canonical } from '../canonical.ts'
import type { Terminology } from './terminology.ts'

export type Sources = {
  readonly terminology: Terminology
  /** The resource of this canonical, or one that says what its implicit canonical means. */
  find(canonical: Canonical): JsonObject | undefined
}

type Input = { readonly ask: (sources: Sources) => unknown; readonly found: unknown }

/** By question: each is asked once. */
export type Inputs = Map<string, Input>

/** Definitions are the same objects for as long as nothing in them has changed. */
export function stillHold(inputs: Inputs, sources: Sources): boolean {
  return inputs.values().every(({ ask, found }) => ask(sources) === found)
}

/** The same sources; what is asked of them is written down. */
export function recording(sources: Sources, inputs: Inputs): Sources {
  function noted<T>(question: string, ask: (sources: Sources) => T): T {
    const found = ask(sources)
    if (!inputs.has(question)) inputs.set(question, { ask, found })
    return found
  }
  const { terminology } = sources
  const ecl = terminology.ecl?.bind(terminology) // of a code system that was asked for before
  const recorded: Terminology = {
    codeSystem: (url, version) => noted(`system ${url}|${version}`, of => of.terminology.codeSystem(url, version)),
    versions(url) {
      noted(`versions ${url}`, of => of.terminology.versions(url).join(' '))
      return terminology.versions(url)
    },
    valueSet: (url, version) => noted(`set ${url}|${version}`, of => of.terminology.valueSet(url, version)),
    supplement: (url, version) => noted(`supplement ${url}|${version}`, of => of.terminology.supplement(url, version)),
    systemOfAll: valueSet => noted(`all ${valueSet}`, of => of.terminology.systemOfAll(valueSet)),
    ...(ecl === undefined ? {} : { ecl }),
  }
  return {
    terminology: recorded,
    find: canonical => noted(`find ${canonical.url}|${canonical.version}`, of => of.find(canonical)),
  }
}
