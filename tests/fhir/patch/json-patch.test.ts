import t from 'tap'
import { Decimal } from '../../../src/fhir/decimal.ts'
import { FhirError } from '../../../src/fhir/issue.ts'
import { parseJson, printJson } from '../../../src/fhir/json.ts'
import { applyJsonPatch, jsonPatchLimits } from '../../../src/fhir/patch/json-patch.ts'
import type { Json } from '../../../src/fhir/resource.ts'

/** What comes out as JSON text, or the status and the words of the refusal. */
function run(document: string, patch: string): string {
  const before = deepFreeze(parseJson(document))
  return printJson(applyJsonPatch(before, deepFreeze(parseJson(patch))))
}

/** A patch that changed anything in place would throw a TypeError. */
function deepFreeze<T extends Json>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze)
  return value
}

function refusal(document: string, patch: string): FhirError {
  try {
    const result = run(document, patch)
    throw new Error(`not refused: ${result.slice(0, 200)}`)
  } catch (error) {
    if (error instanceof FhirError) return error
    throw error
  }
}

/** https://www.rfc-editor.org/rfc/rfc6902#appendix-A: name, document, patch, result or the status of the refusal */
const appendixA: readonly (readonly [string, string, string, string | number])[] = [
  [
    'A.1 adding an object member',
    '{"foo":"bar"}',
    '[{"op":"add","path":"/baz","value":"qux"}]',
    '{"foo":"bar","baz":"qux"}',
  ],
  [
    'A.2 adding an array element',
    '{"foo":["bar","baz"]}',
    '[{"op":"add","path":"/foo/1","value":"qux"}]',
    '{"foo":["bar","qux","baz"]}',
  ],
  ['A.3 removing an object member', '{"baz":"qux","foo":"bar"}', '[{"op":"remove","path":"/baz"}]', '{"foo":"bar"}'],
  [
    'A.4 removing an array element',
    '{"foo":["bar","qux","baz"]}',
    '[{"op":"remove","path":"/foo/1"}]',
    '{"foo":["bar","baz"]}',
  ],
  [
    'A.5 replacing a value',
    '{"baz":"qux","foo":"bar"}',
    '[{"op":"replace","path":"/baz","value":"boo"}]',
    '{"baz":"boo","foo":"bar"}',
  ],
  [
    'A.6 moving a value',
    '{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}',
    '[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]',
    '{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}',
  ],
  [
    'A.7 moving an array element',
    '{"foo":["all","grass","cows","eat"]}',
    '[{"op":"move","from":"/foo/1","path":"/foo/3"}]',
    '{"foo":["all","cows","eat","grass"]}',
  ],
  [
    'A.8 testing a value: success',
    '{"baz":"qux","foo":["a",2,"c"]}',
    '[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]',
    '{"baz":"qux","foo":["a",2,"c"]}',
  ],
  ['A.9 testing a value: error', '{"baz":"qux"}', '[{"op":"test","path":"/baz","value":"bar"}]', 422],
  [
    'A.10 adding a nested member object',
    '{"foo":"bar"}',
    '[{"op":"add","path":"/child","value":{"grandchild":{}}}]',
    '{"foo":"bar","child":{"grandchild":{}}}',
  ],
  [
    'A.11 ignoring unrecognized elements',
    '{"foo":"bar"}',
    '[{"op":"add","path":"/baz","value":"qux","xyz":123}]',
    '{"foo":"bar","baz":"qux"}',
  ],
  ['A.12 adding to a nonexistent target', '{"foo":"bar"}', '[{"op":"add","path":"/baz/bat","value":"qux"}]', 422],
  [
    'A.13 invalid JSON Patch document',
    '{"foo":"bar"}',
    '[{"op":"add","path":"/baz","value":"qux","op":"remove"}]',
    400,
  ],
  ['A.14 ~ escape ordering', '{"/":9,"~1":10}', '[{"op":"test","path":"/~01","value":10}]', '{"/":9,"~1":10}'],
  ['A.15 comparing strings and numbers', '{"/":9,"~1":10}', '[{"op":"test","path":"/~01","value":"10"}]', 422],
  [
    'A.16 adding an array value',
    '{"foo":["bar"]}',
    '[{"op":"add","path":"/foo/-","value":["abc","def"]}]',
    '{"foo":["bar",["abc","def"]]}',
  ],
]

t.test('RFC 6902, appendix A', async t => {
  for (const [name, document, patch, expected] of appendixA) {
    if (typeof expected === 'string') t.equal(run(document, patch), expected, name)
    else t.equal(refusal(document, patch).status, expected, name)
  }
})

const applies: readonly (readonly [string, string, string, string])[] = [
  ['an empty patch changes nothing', '{"a":1}', '[]', '{"a":1}'],
  [
    'a member that is there is replaced by add, in its place',
    '{"a":1,"b":2}',
    '[{"op":"add","path":"/a","value":3}]',
    '{"a":3,"b":2}',
  ],
  ['the index behind the last element appends', '[1]', '[{"op":"add","path":"/1","value":2}]', '[1,2]'],
  ['the whole document is replaced by add', '{"a":1}', '[{"op":"add","path":"","value":{"b":2}}]', '{"b":2}'],
  ['the whole document is replaced by replace', '{"a":1}', '[{"op":"replace","path":"","value":[1]}]', '[1]'],
  ['a part becomes the whole by move', '{"a":{"b":1}}', '[{"op":"move","from":"/a","path":""}]', '{"b":1}'],
  ['a part becomes the whole by copy', '{"a":{"b":1}}', '[{"op":"copy","from":"/a","path":""}]', '{"b":1}'],
  ['the whole can be tested', '{"a":1,"b":[]}', '[{"op":"test","path":"","value":{"b":[],"a":1}}]', '{"a":1,"b":[]}'],
  ['a copy is inserted into a list', '{"a":[1,2]}', '[{"op":"copy","from":"/a/1","path":"/a/0"}]', '{"a":[2,1,2]}'],
  [
    'a move to where it is changes nothing',
    '{"a":{"b":1}}',
    '[{"op":"move","from":"/a","path":"/a"}]',
    '{"a":{"b":1}}',
  ],
  ['a move between lists', '{"a":[1,2],"b":[3]}', '[{"op":"move","from":"/a/0","path":"/b/-"}]', '{"a":[2],"b":[3,1]}'],
  ['the name may be empty', '{"":1}', '[{"op":"replace","path":"/","value":2}]', '{"":2}'],
  [
    '~1 is a slash and ~0 a tilde',
    '{"a/b":1,"m~n":2}',
    '[{"op":"remove","path":"/a~1b"},{"op":"remove","path":"/m~0n"}]',
    '{}',
  ],
  ['digits are a name in an object', '{"01":1}', '[{"op":"replace","path":"/01","value":2}]', '{"01":2}'],
  ['- is a name in an object', '{"-":1}', '[{"op":"test","path":"/-","value":1}]', '{"-":1}'],
  ['null can be added', '{}', '[{"op":"add","path":"/a","value":null}]', '{"a":null}'],
  [
    'null can be tested and removed',
    '{"a":null}',
    '[{"op":"test","path":"/a","value":null},{"op":"remove","path":"/a"}]',
    '{}',
  ],
  [
    'operations see what those before them did',
    '{}',
    '[{"op":"add","path":"/a","value":{}},{"op":"add","path":"/a/b","value":1}]',
    '{"a":{"b":1}}',
  ],
  [
    'untouched decimals keep their digits',
    '{"v":1.00,"w":1e400}',
    '[{"op":"add","path":"/x","value":2.50}]',
    '{"v":1.00,"w":1e400,"x":2.50}',
  ],
  ['a moved decimal keeps its digits', '{"v":1.00}', '[{"op":"move","from":"/v","path":"/w"}]', '{"w":1.00}'],
  ['a copied decimal keeps its digits', '{"v":1.00}', '[{"op":"copy","from":"/v","path":"/w"}]', '{"v":1.00,"w":1.00}'],
  [
    'members called like those of every object are ordinary',
    '{}',
    '[{"op":"add","path":"/constructor","value":1},{"op":"test","path":"/constructor","value":1}]',
    '{"constructor":1}',
  ],
]

t.test('what applies', async t => {
  for (const [name, document, patch, expected] of applies) t.equal(run(document, patch), expected, name)
})

const fails: readonly (readonly [string, string, string, RegExp])[] = [
  [
    'remove of what is absent',
    '{}',
    '{"op":"remove","path":"/a"}',
    /operation 0 \(remove "\/a"\): there is nothing at '\/a'/,
  ],
  ['remove of the whole', '{}', '{"op":"remove","path":""}', /whole resource/],
  ['replace of what is absent', '{}', '{"op":"replace","path":"/a","value":1}', /nothing at '\/a'/],
  ['replace behind the end of a list', '[1]', '{"op":"replace","path":"/1","value":1}', /nothing at '\/1'/],
  [
    'add beyond the end of a list',
    '[1]',
    '{"op":"add","path":"/2","value":1}',
    /from 0 to 1 in the list, received is '2'/,
  ],
  ['an index with a leading zero', '[1,2]', '{"op":"add","path":"/01","value":1}', /received is '01'/],
  ['removal by an index with a leading zero', '[1,2]', '{"op":"remove","path":"/01"}', /nothing at '\/01'/],
  ['a negative index', '[1]', '{"op":"add","path":"/-1","value":1}', /received is '-1'/],
  ['an index in exponents', '[1]', '{"op":"add","path":"/1e0","value":1}', /received is '1e0'/],
  ['a name in a list', '[1]', '{"op":"add","path":"/length","value":1}', /received is 'length'/],
  ['removal of -', '[1]', '{"op":"remove","path":"/-"}', /nothing at '\/-'/],
  ['test of -', '[1]', '{"op":"test","path":"/-","value":1}', /nothing at '\/-'/],
  ['an inherited member', '{}', '{"op":"test","path":"/toString","value":1}', /nothing at '\/toString'/],
  [
    'the prototype of a constructor',
    '{}',
    '{"op":"add","path":"/constructor/prototype","value":1}',
    /nothing at '\/constructor'/,
  ],
  ['a child of a string', '{"a":"b"}', '{"op":"add","path":"/a/0","value":1}', /neither an object nor a list/],
  ['a child of a decimal', '{"a":1.00}', '{"op":"add","path":"/a/text","value":1}', /neither an object nor a list/],
  [
    'the digits inside of a decimal',
    '{"a":1.00}',
    '{"op":"test","path":"/a/text","value":"1.00"}',
    /nothing at '\/a\/text'/,
  ],
  ['a missing parent far up', '{"a":{}}', '{"op":"add","path":"/a/b/c","value":1}', /nothing at '\/b'/],
  ['move from what is absent', '{}', '{"op":"move","from":"/a","path":"/b"}', /nothing at '\/a'/],
  ['move into itself', '{"a":{"b":{}}}', '{"op":"move","from":"/a","path":"/a/b/c"}', /cannot be moved into itself/],
  ['move of the whole', '{"a":{}}', '{"op":"move","from":"","path":"/a"}', /cannot be moved into itself/],
  ['copy from what is absent', '{}', '{"op":"copy","from":"/a","path":"/b"}', /nothing at '\/a'/],
  ['test of what is absent against null', '{}', '{"op":"test","path":"/a","value":null}', /nothing at/],
]

t.test('what does not apply is 422 and says where', async t => {
  for (const [name, document, operation, words] of fails) {
    const error = refusal(document, `[${operation}]`)
    t.equal(error.status, 422, name)
    t.match(error.message, words, name)
  }
})

const malformed: readonly (readonly [string, string, RegExp])[] = [
  ['an object', '{"op":"remove","path":"/a"}', /a list of operations/],
  ['null', 'null', /a list of operations/],
  ['a list of strings', '["remove"]', /operation 0 must be an object/],
  ['an unknown op', '[{"op":"merge","path":"/a"}]', /received is "merge"/],
  ['an op that every object inherits', '[{"op":"toString","path":"/a"}]', /'op' must be add/],
  ['no op', '[{"path":"/a"}]', /'op' must be add/],
  ['an op in capitals', '[{"op":"ADD","path":"/a","value":1}]', /'op' must be add/],
  ['no path', '[{"op":"remove"}]', /lacks the member 'path'/],
  ['a path of another type', '[{"op":"remove","path":["a"]}]', /lacks the member 'path'/],
  ['a path that does not begin with a slash', '[{"op":"remove","path":"a"}]', /must be a JSON Pointer/],
  ['a path with a lone tilde', '[{"op":"remove","path":"/a~2"}]', /must be a JSON Pointer/],
  ['a path that ends in a tilde', '[{"op":"remove","path":"/a~"}]', /must be a JSON Pointer/],
  ['a URI fragment', '[{"op":"remove","path":"#/a"}]', /must be a JSON Pointer/],
  ['no value for add', '[{"op":"add","path":"/a"}]', /\(add\) lacks the member 'value'/],
  ['no value for replace', '[{"op":"replace","path":"/a"}]', /lacks the member 'value'/],
  ['no value for test', '[{"op":"test","path":"/a"}]', /lacks the member 'value'/],
  ['no from for move', '[{"op":"move","path":"/a"}]', /lacks the member 'from'/],
  ['no from for copy', '[{"op":"copy","path":"/a"}]', /lacks the member 'from'/],
  ['__proto__ in a path', '[{"op":"add","path":"/__proto__/polluted","value":1}]', /must not name '__proto__'/],
  ['__proto__ at the end of a path', '[{"op":"add","path":"/__proto__","value":{}}]', /must not name '__proto__'/],
  ['__proto__ in from', '[{"op":"copy","from":"/__proto__","path":"/a"}]', /must not name '__proto__'/],
]

t.test('what is no JSON Patch is 400, even behind an operation that would fail', async t => {
  for (const [name, patch, words] of malformed) {
    const error = refusal('{}', patch)
    t.equal(error.status, 400, name)
    t.match(error.message, words, name)
  }
  t.equal(refusal('{}', '[{"op":"remove","path":"/a"},{"op":"x","path":""}]').status, 400)
})

const equalities: readonly (readonly [string, string, boolean])[] = [
  ['1.00', '1', true],
  ['1.00', '1.0', true],
  ['100', '1e2', true],
  ['0.1', '1E-1', true],
  ['0', '-0.0', true],
  ['1e400', '10e399', true],
  ['1e400', '1e401', false],
  ['12345678901234567890', '12345678901234567891', false],
  ['0.1', '0.10000000000000001', false],
  ['-1.0', '1', false],
  ['1', '"1"', false],
  ['0', 'false', false],
  ['null', 'false', false],
  ['"a"', '"A"', false],
  ['[1,2]', '[2,1]', false],
  ['[1]', '[1,1]', false],
  ['[]', '{}', false],
  ['{"a":1,"b":2.0}', '{"b":2,"a":1.00}', true],
  ['{"a":1}', '{"a":1,"b":1}', false],
  ['{"toString":1}', '{"b":1}', false],
]

t.test('test compares numbers by value without rounding, objects without order', async t => {
  for (const [actual, expected, same] of equalities) {
    const patch = `[{"op":"test","path":"/v","value":${expected}}]`
    const document = `{"v":${actual}}`
    if (same) t.doesNotThrow(() => run(document, patch), `${actual} = ${expected}`)
    else t.equal(refusal(document, patch).status, 422, `${actual} ≠ ${expected}`)
  }
})

t.test('copies that double the document are refused before they fill the memory', async t => {
  const doubling = Array.from({ length: 60 }, (_, i) => `{"op":"copy","from":"","path":"/a${i}"}`).join()
  const error = refusal('{"a":"xxxxxxxxxxxxxxxx"}', `[${doubling}]`)
  t.match(error.message, /copies of this patch add more than/)
  t.equal(error.issues[0]?.code, 'too-costly')
})

t.test('a patch of too many operations is refused', async t => {
  const many = (count: number) => `[${Array(count).fill('{"op":"test","path":"","value":{}}').join()}]`
  t.equal(run('{}', many(jsonPatchLimits.operations)), '{}')
  t.equal(refusal('{}', many(jsonPatchLimits.operations + 1)).issues[0]?.code, 'too-costly')
})

t.test('what the patch does not touch is shared, and nothing is polluted', async t => {
  const document = { name: [{ family: 'A' }], contact: [{ gender: 'male' }], weight: new Decimal('1.00') }
  const patched = applyJsonPatch(document, [{ op: 'add', path: '/name/0/text', value: 'B' }]) as typeof document
  t.equal(patched.contact, document.contact)
  t.equal(patched.weight, document.weight)
  t.strictSame(document.name, [{ family: 'A' }])
  t.equal(({} as Record<string, unknown>)['polluted'], undefined)
})
