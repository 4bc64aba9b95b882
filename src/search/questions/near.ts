/** Locations within a distance. https://hl7.org/fhir/R4/location.html#positional */
import { type Node, or, type Part } from '../node.ts'
import { conversionOf } from '../values/ucum.ts'
import { splitUnescaped, unescaped } from './escape.ts'
import { range, test } from './interval.ts'
import { malformed, type Subject } from './kind.ts'

/** In radians. */
type Circle = { readonly latitude: number; readonly longitude: number; readonly radius: number }

/**
 * Whoever is in the circle is found, and nobody who is beyond it by more than 2.5 % of the radius: it is cut into strips along the
 * parallels, each as long as the circle is at its widest there.
 */
export function near(text: string, on: Subject): Node {
  const circle = parse(text, on)
  return or(stripsOf(circle).map(strip => within(strip, circle, on)))
}

const decimal = /^-?\d+(\.\d+)?$/
const earth = 6_371_008.8 // m, mean radius
const usual = { distance: '10', unit: 'km' } // where the client leaves it to the server

function parse(text: string, on: Subject): Circle {
  const parts = splitUnescaped(text, '|').map(unescaped)
  const [latitude = '', longitude = '', distance = '', unit = ''] = parts
  const numbers = [latitude, longitude, distance || usual.distance]
  const [north, east, far] = numbers.map(number => (decimal.test(number) ? Number(number) : Number.NaN))
  const metres = metresOf(far, unit || usual.unit)
  const isOnEarth = Math.abs(north ?? Number.NaN) <= 90 && Math.abs(east ?? Number.NaN) <= 180
  if (parts.length > 4 || !isOnEarth || metres === undefined || north === undefined || east === undefined) {
    throw malformed(
      on,
      text,
      'latitude|longitude|distance|unit with a unit of length (km, if it is left out; m, [mi_us] …), such as 42.25|-83.69|11.2|km',
    )
  }
  return { latitude: radians(north), longitude: radians(east), radius: Math.min(Math.PI, metres / earth) }
}

function metresOf(distance = Number.NaN, unit: string): number | undefined {
  const conversion = conversionOf(unit)
  const metres = conversion?.unit === 'm' ? conversion.convert(distance) : Number.NaN
  return metres >= 0 ? metres : undefined
}

/** From one parallel to the next. */
type Strip = { readonly south: number; readonly north: number }

const strips = 64

/** They are narrow where the circle gets shorter quickly. */
function stripsOf({ latitude, radius }: Circle): readonly Strip[] {
  const edge = (n: number): number => {
    const at = latitude + radius * Math.sin(Math.PI * (n / strips - 0.5))
    return Math.max(-Math.PI / 2, Math.min(Math.PI / 2, at))
  }
  return Array.from({ length: strips }, (_, n) => ({ south: edge(n), north: edge(n + 1) })).filter(
    ({ south, north }, n) => south < north || (radius === 0 && n === 0),
  )
}

function within(strip: Strip, circle: Circle, { slot }: Subject): Node {
  const [south, north] = [degrees(strip.south), degrees(strip.north)]
  const latitude = range({ slot: `${slot}$latitude` }, test('low', '>=', south), test('low', '<=', north))
  const width = widest(strip, circle)
  const longitude =
    width >= Math.PI ? [] : [between(`${slot}$longitude`, circle.longitude - width, circle.longitude + width)]
  return { is: 'element', of: [latitude, ...longitude] }
}

/** Half the length of the circle along its parallels, in radians of longitude: at both edges, and where it is longest of all. */
function widest({ south, north }: Strip, circle: Circle): number {
  const longest = Math.asin(Math.max(-1, Math.min(1, Math.sin(circle.latitude) / Math.cos(circle.radius))))
  const inside = Math.max(south, Math.min(north, longest))
  return Math.max(...[south, inside, north].map(parallel => halfWidth(parallel, circle)))
}

function halfWidth(parallel: number, { latitude, radius }: Circle): number {
  const over = Math.cos(radius) - Math.sin(latitude) * Math.sin(parallel)
  const under = Math.cos(latitude) * Math.cos(parallel)
  // At a pole all longitudes are one place.
  if (under < 1e-12) return over <= 1e-12 ? Math.PI : 0
  return Math.acos(Math.max(-1, Math.min(1, over / under)))
}

/** Beyond 180° it goes on at -180°. */
function between(slot: string, west: number, east: number): Part {
  const [from, to] = [degrees(west), degrees(east)]
  const part = (first: number, last: number): Part => range({ slot }, test('low', '>=', first), test('low', '<=', last))
  const of = [part(from, to)]
  if (from <= -180) of.push(part(from + 360, 180))
  if (to >= 180) of.push(part(-180, to - 360))
  return { is: 'or', of }
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180
}

function degrees(radians: number): number {
  return (radians * 180) / Math.PI
}
