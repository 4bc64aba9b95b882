/** https://hl7.org/fhir/R4/search.html#uri */
import { and, type Node, or, type Part } from '../node.ts'
import { type Canonical, parseCanonical } from '../values/canonical.ts'
import { caseless } from '../values/token.ts'
import { aboveUrl, belowCanonical, belowUrl, canonicalPart } from './canonical.ts'
import { unescaped } from './escape.ts'
import { anyOf, each, type Kind, malformed, type Subject } from './kind.ts'

/** "Matches are precise, case sensitive, and the entire URI must match." */
export const uri: Kind = {
  slots: slot => [slot],
  part(text, on) {
    const asked = unescaped(text)
    // Only of a canonical, what stands behind | is its version.
    if (isCanonical(on)) return canonicalPart(asked, on)
    return { is: 'term', slot: on.slot, texts: [asked] }
  },
  modifiers: on => ({ above: each(aboveUrl), below: each(isCanonical(on) ? below : belowUrl) }),
}

function isCanonical({ elements }: Subject): boolean {
  return elements?.includes('canonical') === true
}

/** Without version it is a URL like any other, and lies below whatever it begins with. */
function below(text: string, on: Subject): Part {
  return parseCanonical(unescaped(text))?.version === undefined ? belowUrl(text, on) : belowCanonical(text, on)
}

/**
 * `ValueSet?url=http://acme.org/vs|1.0`: "automatically detecting a |[version] portion as part of the search parameter, and
 * interpreting that portion as a search on the version".
 */
export function askNamed(values: readonly string[], on: Subject): Node {
  const plain = values.filter(text => !isVersioned(text))
  const byVersion = Map.groupBy(values.filter(isVersioned).map(nameOf), ({ version }) => version)
  if (byVersion.size > mostVersions) {
    throw malformed(
      on,
      values.join(','),
      `canonical URLs of at most ${mostVersions} versions at once, such as http://a.example/vs|1.0`,
    )
  }
  return or([
    anyOf(plain.map(text => uri.part(text, on))),
    ...[...byVersion].map(([version, names]) =>
      versioned(
        names.map(({ url }) => url),
        version,
      ),
    ),
  ])
}

const mostVersions = 100 // each is a join

/** No URI has a bar. */
function isVersioned(text: string): boolean {
  return /.\|./.test(unescaped(text))
}

function nameOf(text: string): Required<Canonical> {
  const [url = '', ...version] = unescaped(text).split('|')
  return { url, version: version.join('|') }
}

/** What is stored under one of these canonical URLs, in this version. */
export function versioned(urls: readonly string[], version: string): Node {
  return and([
    { is: 'term', slot: 'url', texts: urls },
    { is: 'term', slot: 'version', texts: [caseless(version)] },
  ])
}
