/** A Questionnaire as a response is checked by it. https://hl7.org/fhir/R4/questionnaire.html */
import { isObject, isResource, type Json, type JsonObject, type Resource } from '../../fhir/resource.ts'

export type Question = {
  readonly linkId: string
  /** `group`, `display`, or the type of the answers: https://hl7.org/fhir/R4/valueset-item-type.html */
  readonly type: string
  readonly required: boolean
  readonly repeats: boolean
  readonly readOnly: boolean
  readonly maxLength: number | undefined
  readonly options: readonly JsonObject[]
  readonly valueSet: string | undefined
  readonly conditions: readonly JsonObject[]
  readonly behavior: 'all' | 'any'
  readonly inside: Level
}

/** Items side by side, in their order. */
export type Level = {
  readonly questions: readonly Question[]
  readonly places: ReadonlyMap<string, number>
}

export type Form = {
  readonly top: Level
  /** All of them, wherever they stand. */
  readonly linkIds: ReadonlySet<string>
  readonly subjects: readonly string[]
  readonly contained: readonly Resource[]
}

/** A resource is never changed, so each is read once. */
const forms = new WeakMap<Resource, Form>()

export function formOf(questionnaire: Resource): Form {
  const known = forms.get(questionnaire)
  if (known !== undefined) return known
  const linkIds = new Set<string>()
  const { item, subjectType, contained } = questionnaire
  const form: Form = {
    top: levelOf(item, linkIds),
    linkIds,
    subjects: listOf(subjectType).filter(type => typeof type === 'string'),
    contained: listOf(contained).filter(isResource),
  }
  forms.set(questionnaire, form)
  return form
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}

export function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return listOf(value).filter(isObject)
}

function levelOf(item: Json | undefined, linkIds: Set<string>): Level {
  const questions = objectsIn(item).map(each => questionOf(each, linkIds))
  return { questions, places: new Map(questions.map(({ linkId }, place) => [linkId, place])) }
}

function questionOf(item: JsonObject, linkIds: Set<string>): Question {
  const { linkId, type, maxLength, answerValueSet, enableWhen, enableBehavior } = item
  linkIds.add(String(linkId))
  return {
    linkId: String(linkId),
    type: String(type),
    required: item['required'] === true,
    repeats: item['repeats'] === true,
    readOnly: item['readOnly'] === true,
    maxLength: typeof maxLength === 'number' ? maxLength : undefined,
    options: objectsIn(item['answerOption']),
    valueSet: typeof answerValueSet === 'string' ? answerValueSet : undefined,
    conditions: objectsIn(enableWhen),
    // "I.e. treat 'enableWhen's as being joined by an 'or' clause."
    behavior: enableBehavior === 'all' ? 'all' : 'any',
    inside: levelOf(item['item'], linkIds),
  }
}
