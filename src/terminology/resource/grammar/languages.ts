/** Tags for languages. https://hl7.org/fhir/R4/valueset-languages.html, https://www.rfc-editor.org/rfc/rfc5646#section-2.1 */
import type { CodeSystem } from '../../code-system.ts'
import { grammarSystem } from './grammar-system.ts'

export function languages(): CodeSystem {
  const language = namesOf('language')
  const region = namesOf('region')
  const script = namesOf('script')
  return grammarSystem(
    {
      url: 'urn:ietf:bcp:47',
      name: 'BCP47',
      title: 'Tags for the Identification of Languages',
      caseSensitive: false,
      filter: [
        { code: 'language', operator: ['='], value: 'a language, such as en' },
        { code: 'script', operator: ['='], value: 'a script, such as Latn' },
        { code: 'region', operator: ['='], value: 'a region, such as US' },
      ],
    },
    {
      check(code) {
        if (privateUse.test(code)) return { valid: true }
        const tag = wellFormed(code)
        if (tag === undefined) return { valid: false, why: `'${code}' is not a well-formed language tag of BCP 47` }
        const name = language(tag.language)
        // ICU names some 700 of the 8,000 languages that have three letters: one without a name may still be registered.
        if (name === undefined && tag.language.length !== 3)
          return { valid: false, why: `'${tag.language}' is not a registered language` }
        const unknown =
          (tag.script && !script(tag.script) && tag.script) || (tag.region && !region(tag.region) && tag.region)
        if (unknown) return { valid: false, why: `'${unknown}' in '${code}' is not a registered script or region` }
        const details = [
          tag.script && `Script=${script(tag.script)}`,
          tag.region && `Region=${region(tag.region)}`,
          ...tag.variants.map(variant => `Variant=${variant}`),
        ]
        return { valid: true, ...cased(code), ...displayOf(name, details) }
      },
      filter({ property, op, value }) {
        if (op !== '=' || !isPart(property)) return undefined
        const wanted = value.toLowerCase()
        return code => wellFormed(code)?.[property]?.toLowerCase() === wanted
      },
      relation(a, b) {
        if (includes(a, b)) return 'subsumes'
        return includes(b, a) ? 'subsumed-by' : 'not-subsumed'
      },
    },
  )
}

/** What is absent has no value, so that it equals none. */
function isPart(property: string): property is 'language' | 'script' | 'region' {
  return property === 'language' || property === 'script' || property === 'region'
}

/** "Two-letter subtags that neither appear at the start of the tag nor occur after singletons" are upper case, those of four title case. */
function cased(code: string): { readonly normal?: string } {
  let isPlain = true
  const normal = code
    .toLowerCase()
    .split('-')
    .map((part, at) => {
      if (part.length === 1) isPlain = false
      if (at === 0 || !isPlain) return part
      if (part.length === 2) return part.toUpperCase()
      return part.length === 4 ? part.charAt(0).toUpperCase() + part.slice(1) : part
    })
    .join('-')
  return normal === code ? {} : { normal }
}

/** As ranges choose tags: https://www.rfc-editor.org/rfc/rfc4647#section-3.3.2. What a tag has in between does not count. */
function includes(range: string, tag: string): boolean {
  const [wanted, found] = [range.toLowerCase().split('-'), tag.toLowerCase().split('-')]
  if (wanted[0] !== found[0]) return false
  let at = 1
  return wanted.slice(1).every(part => {
    while (at < found.length && found[at] !== part && (found[at]?.length ?? 0) > 1) at++
    return found[at++] === part
  })
}

const privateUse = /^x(-[a-z0-9]{1,8}){1,10}$/i

function displayOf(name: string | undefined, parts: readonly (string | undefined)[]): { readonly display?: string } {
  if (name === undefined) return {}
  const details = parts.filter(part => part)
  return { display: details.length === 0 ? name : `${name} (${details.join(', ')})` }
}

type Tag = {
  readonly language: string
  readonly script: string | undefined
  readonly region: string | undefined
  readonly variants: readonly string[]
}

function wellFormed(code: string): Tag | undefined {
  if (code.length > 100 || !/^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/.test(code)) return undefined
  try {
    const { language, script, region, baseName } = new Intl.Locale(code)
    const rest = baseName.split('-').slice(1)
    return { language, script, region, variants: rest.filter(part => part !== script && part !== region) }
  } catch {
    return undefined
  }
}

/** ICU has a name for what is registered and in use; where it has none, `of` gives nothing or the code back. */
function namesOf(type: 'language' | 'region' | 'script'): (code: string) => string | undefined {
  const names = new Intl.DisplayNames('en', { type, fallback: 'none' })
  return code => names.of(code)
}
