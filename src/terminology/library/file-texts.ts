/** The words of a file's concepts, where they lie: in its blocks of heads, and in the rows of what else is told. */
import { Stretch } from '../../fhir/stretch.ts'
import type { Designation, PropertyValue, Texts } from '../code-system.ts'
import type { Concept } from '../concept-set.ts'
import type { About } from './file-format.ts'
import type { Heads } from './heads.ts'
import { Told, type ToldProperty, unpackDefinition, unpackDesignations, unpackProperties, valueIn } from './told.ts'

type Value = PropertyValue['value']

const mostParsed = 32 // of a property

export class FileTexts implements Texts {
  readonly #about: About
  readonly #heads: Heads
  readonly #read: (concept: Concept) => Uint8Array | undefined
  /** Of the concept that was asked for last. */
  #last: { readonly concept: Concept; readonly told: Told } | undefined
  /** By property, the JSON that was read last: all concepts of a release tell one of a few modules. */
  readonly #parsed: Map<string, Value>[] = []

  constructor(about: About, heads: Heads, read: (concept: Concept) => Uint8Array | undefined) {
    this.#about = about
    this.#heads = heads
    this.#read = read
  }

  code(concept: Concept): Stretch {
    return this.#heads.at(concept).code
  }

  display(concept: Concept): Stretch | undefined {
    return this.#heads.at(concept).display
  }

  definition(concept: Concept): Stretch | undefined {
    return unpackDefinition(this.told(concept).part('definition'))
  }

  designations(concept: Concept): readonly (Omit<Designation, 'value'> & { readonly value: Stretch })[] {
    const { languages, uses } = this.#about
    return unpackDesignations(this.told(concept).part('designations')).map(({ language, use, value }) => {
      const [tag, coding] = [languages[language], uses[use]]
      if (tag === undefined) return coding === undefined ? { value } : { use: coding, value }
      return coding === undefined ? { language: tag, value } : { language: tag, use: coding, value }
    })
  }

  properties(concept: Concept): readonly { readonly code: string; readonly value: Value | Stretch }[] {
    return unpackProperties(this.told(concept).part('properties')).map(each => ({
      code: this.#about.properties[each.property] ?? '',
      value: each.isJson && each.value instanceof Stretch ? this.#valueIn(each, each.value) : each.value,
    }))
  }

  /** A row costs more than its parts: who tells all of a concept asks for them one after the other. */
  told(concept: Concept): Told {
    if (this.#last?.concept === concept) return this.#last.told
    const told = new Told(this.#read(concept) ?? empty)
    this.#last = { concept, told }
    return told
  }

  #valueIn({ property }: ToldProperty, json: Stretch): Value {
    const parsed = this.#parsed[property] ?? new Map<string, Value>()
    const before = parsed.get(json.text)
    if (before !== undefined) return before
    const value = valueIn(json.text)
    if (parsed.size >= mostParsed) parsed.clear()
    this.#parsed[property] = parsed.set(json.text, value)
    return value
  }
}

const empty = new Uint8Array(1)
