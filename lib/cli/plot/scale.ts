import { formatExactNumber, formatNumber } from '../render/number.js'
import type { Extent } from './chart.js'
import { positionBetween } from './position-between.js'

/** An axis: where values lie, from 0 (at its low end) to 1, and which of them are written beside it. */
export interface Scale {
  readonly min: number
  readonly max: number
  /** Between 0 and 1 for what lies within; NaN for what the scale cannot show. */
  position(value: number): number
  readonly ticks: readonly Tick[]
}

export interface Tick {
  readonly value: number
  readonly label: string
}

/** How an axis is to be divided. */
export interface ScaleOptions {
  /** About how many ticks there is room for. */
  readonly ticks: number
  readonly isLog?: boolean
  /** No ticks between whole numbers. */
  readonly isWhole?: boolean
}

/**
 * The axis for values of an extent; one that is empty or a single value gets some room around it. The ends of the axis are the ends of the
 * extent, not the ticks: no part of it is spent on nothing.
 */
export function scaleFor(extent: Extent, options: ScaleOptions): Scale {
  if (options.isLog === true) return logScale(extent, options.ticks)
  const { min, max } = widened(extent.min ?? 0, extent.max ?? 1)
  return {
    min,
    max,
    position: (value) => positionBetween(value, min, max),
    ticks:
      extent.min !== undefined && extent.min === extent.max
        ? [{ value: extent.min, label: formatNumber(extent.min) }]
        : niceTicks(min, max, options.ticks, options.isWhole === true),
  }
}

function widened(min: number, max: number): { min: number; max: number } {
  if (min < max) return { min, max }
  // Half of the smallest number there is would be nothing.
  const room = min === 0 ? 1 : Math.max(Math.abs(min) / 2, Number.MIN_VALUE)
  const [low, high] = [min - room, max + room]
  // At the end of what a number can hold there is no room.
  return { min: Number.isFinite(low) ? low : min, max: Number.isFinite(high) ? high : max }
}

/** Values at 1, 2, 5 × 10ⁿ within the axis, about `count` of them; two at least, where whole numbers do not forbid it. */
export function niceTicks(min: number, max: number, count: number, isWhole = false): Tick[] {
  for (let wanted = Math.max(1, count); ; wanted *= 2) {
    // Divided first where the difference is more than a number can hold, last where a part of either end is less.
    const span = max - min
    let step = niceStep(Number.isFinite(span) ? span / wanted : max / wanted - min / wanted)
    if (isWhole) step = Math.max(1, step)
    // So far from zero numbers are hardly a step apart, and their labels could not tell them apart.
    const isTooFine = step <= 0 || Math.max(Math.abs(min), Math.abs(max)) / step > 1e14
    if (isTooFine) return [endTick(min), endTick(max)]
    const ticks = multiplesWithin(min, max, step)
    if (ticks.length > 1 || (isWhole && step === 1 && ticks.length > 0) || wanted > 64) {
      return ticks.length > 0 ? ticks : [endTick(min)]
    }
  }
}

/** The end of an axis that has no round number: in full. */
const endTick = (value: number): Tick => ({ value, label: formatExactNumber(value) })

function multiplesWithin(min: number, max: number, step: number): Tick[] {
  const ticks: Tick[] = []
  // A little over the end: 0.3 / 0.1 is not 3.
  const [first, last] = [Math.ceil(min / step - 1e-9), Math.floor(max / step + 1e-9)]
  for (let i = first; i <= last && ticks.length < 100; i++) {
    const value = i * step
    if (Number.isFinite(value)) ticks.push(tickOf(value, step))
  }
  return ticks
}

/** The smallest of 1, 2, 5 × 10ⁿ that is not below `rough`. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough))
  for (const factor of [1, 2, 5, 10]) if (factor * power >= rough * (1 - 1e-9)) return factor * power
  return rough
}

/** A tick whose label has the digits that tell it from its neighbours, and no more. */
function tickOf(value: number, step: number): Tick {
  const exponent = Math.floor(Math.log10(step) + 1e-9)
  const decimals = Math.max(0, -exponent)
  const magnitude = Math.max(Math.abs(value), step)
  if (value === 0) return { value: 0, label: '0' }
  if (Number.isFinite(exponent) && magnitude < 1e6 && decimals <= 5) {
    // From its text, so that 3 × 0.1 is 0.3.
    const label = value.toFixed(decimals)
    return { value: Number(label), label }
  }
  const digits = Math.max(0, Math.floor(Math.log10(Math.abs(value)) + 1e-9) - exponent)
  const label = value.toExponential(Math.min(15, Number.isFinite(digits) ? digits : 3)).replace('e+', 'e')
  return { value, label }
}

function logScale(extent: Extent, count: number): Scale {
  const [low, high] = [Math.log10(extent.min ?? 0.1), Math.log10(extent.max ?? 10)]
  const { min, max } = low < high ? { min: low, max: high } : { min: low - 0.5, max: high + 0.5 }
  return {
    min: extent.min ?? 0.1,
    max: extent.max ?? 10,
    position: (value) => (value > 0 ? (Math.log10(value) - min) / (max - min) : Number.NaN),
    ticks: logTicks(min, max, count),
  }
}

/** Powers of ten, every so many of them; 2 and 5 times them too where there is room; within less than one power, as on a linear axis. */
function logTicks(min: number, max: number, count: number): Tick[] {
  const [first, last] = [Math.ceil(min - 1e-9), Math.floor(max + 1e-9)]
  const powers = last - first + 1
  if (powers < 2 && max - min < 1.5) {
    const few = [1, 2, 5]
      .flatMap((factor) => [first - 1, first, last + 1].map((power) => factor * 10 ** power))
      .filter((value) => Math.log10(value) >= min - 1e-9 && Math.log10(value) <= max + 1e-9)
    if (few.length >= 2) return [...new Set(few)].sort((a, b) => a - b).map((value) => powerTick(value))
    return niceTicks(Math.max(Number.MIN_VALUE, 10 ** min), Math.min(Number.MAX_VALUE, 10 ** max), count)
  }
  const every = Math.max(1, Math.ceil(powers / Math.max(1, count)))
  const ticks: Tick[] = []
  for (let power = first; power <= last; power += every) ticks.push(powerTick(10 ** power))
  return ticks
}

function powerTick(value: number): Tick {
  const label = value >= 1e-3 && value < 1e5 ? String(Number(value.toPrecision(3))) : value.toExponential(0)
  return { value, label: label.replace('e+', 'e') }
}
