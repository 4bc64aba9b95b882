/** http://hl7.org/fhirpath/N1/#string-manipulation */
import { condition, type Items, none, type Run } from '../item.ts'
import { matches, replaced } from '../pattern.ts'
import { type Builtin, type Builtins, integerOf, made, onItems, textOf } from './function.ts'

/** A question about a text. If there is no text, the answer is not no: nobody can say. */
function question(ask: (text: string, arg: string, run: Run) => boolean): Builtin {
  return {
    arity: [1, 1],
    build: ({ of, args: [arg = of], types }) =>
      condition(
        (focus, run) => {
          const text = textOf(of.items(focus, run), run)
          const asked = textOf(arg.items(focus, run), run)
          if (text !== undefined && asked !== undefined) return ask(text, asked, run)
          run.unclear = true
          return undefined
        },
        types,
        of.fixed && arg.fixed,
      ),
  }
}

/** A text and the texts of the arguments; if one is missing, nothing. */
function onText(arity: number, apply: (text: string, args: readonly string[], run: Run) => Items): Builtin {
  return onItems(arity, (items, run, args) => {
    const text = textOf(items, run)
    const texts = args.map(arg => textOf(arg, run))
    if (text === undefined || !texts.every(arg => arg !== undefined)) return none
    return apply(text, texts, run)
  })
}

function string(apply: (text: string) => string): Builtin {
  return onText(0, (text, _args, run) => [made(run, 'String', apply(text))])
}

/** Beyond the end there is nothing; a negative length is none. */
function substring(items: Items, run: Run, [from = none, length]: readonly Items[]): Items {
  const text = textOf(items, run)
  const start = integerOf(from, run)
  if (text === undefined || start === undefined || start < 0 || start >= text.length) return none
  const size = length === undefined ? undefined : integerOf(length, run)
  return [made(run, 'String', size === undefined ? text.slice(start) : text.slice(start, start + Math.max(0, size)))]
}

function join(items: Items, run: Run, [separator]: readonly Items[]): Items {
  if (items.length === 0) return none
  const texts = items.map(item => textOf([item], run) ?? '')
  const between = (separator && textOf(separator, run)) ?? ''
  run.spendText(texts.reduce((sum, text) => sum + text.length + between.length, 0))
  return [made(run, 'String', texts.join(between))]
}

export const strings: Builtins = {
  startsWith: question((text, prefix) => text.startsWith(prefix)),
  endsWith: question((text, suffix) => text.endsWith(suffix)),
  contains: question((text, part) => text.includes(part)),
  matches: question((text, pattern, run) => matches(text, pattern, false, run)),
  matchesFull: question((text, pattern, run) => matches(text, pattern, true, run)),
  indexOf: onText(1, (text, [part = ''], run) => [made(run, 'Integer', text.indexOf(part))]),
  lastIndexOf: onText(1, (text, [part = ''], run) => [made(run, 'Integer', text.lastIndexOf(part))]),
  substring: { ...onItems(2, substring), arity: [1, 2] },
  upper: string(text => text.toUpperCase()),
  lower: string(text => text.toLowerCase()),
  trim: string(text => text.trim()),
  replace: onText(2, (text, [part = '', by = ''], run) => {
    run.spendText(text.length * (by.length + 1))
    return [
      made(
        run,
        'String',
        text.replaceAll(part, () => by),
      ),
    ]
  }),
  replaceMatches: onText(2, (text, [pattern = '', by = ''], run) => [
    made(run, 'String', pattern === '' ? text : replaced(text, pattern, by, run)),
  ]),
  length: onText(0, (text, _args, run) => [made(run, 'Integer', text.length)]),
  toChars: onText(0, (text, _args, run) => Array.from(text, letter => made(run, 'String', letter))),
  split: onText(1, (text, [separator = ''], run) => text.split(separator).map(part => made(run, 'String', part))),
  join: { ...onItems(1, join), arity: [0, 1] },
}
