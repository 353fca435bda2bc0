/**
 * Arithmetic that is as exact on the GPU as on the CPU.
 *
 * WGSL allows exp an error of 3 + 2|x| ulp, and log one of 2⁻²¹ near 1. So exp and log are polynomials. A compiler may
 * reorder sums. So sums that must be exact go through `keep`. A compiler may also assume that no number is NaN or
 * infinite. So NaN and ∞ are recognised by their bits, and a float is compared by its `key`.
 *
 * A pair is a vec2 whose sum is the number: the second part holds the digits that the first one has no room for.
 * The source needs `parameters.zero`, which is 0.
 */
export const arithmetic = /* wgsl */ `
/** Sorts like the floats as an integer; every NaN has the largest key. */
const KEY_NAN = 0x7fffffffi;
const KEY_INFINITY = 0x7f800000i;
const KEY_LARGEST = 0x7f7fffffi;
const KEY_LOWEST = -0x7f800000i;
const KEY_MINUS_INFINITY = -0x7f800001i;
/** The key of a place outside of the row. */
const KEY_NONE: i32 = -2147483648;
const BITS_NAN = 0x7fc00000u;
const BITS_INFINITY = 0x7f800000u;
const BITS_MINUS_INFINITY = 0xff800000u;

/** Returns x. The compiler cannot see that, so it cannot simplify the computation of x together with what follows. */
fn keep(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ parameters.zero); }

fn keyOf(bits: u32) -> i32 {
  let key = bitcast<i32>(bits ^ (select(0u, 0x7fffffffu, (bits >> 31u) == 1u)));
  return select(key, KEY_NAN, (bits & 0x7fffffffu) > BITS_INFINITY);
}
fn keyOf4(bits: vec4<u32>) -> vec4<i32> {
  let sign = vec4<u32>(bitcast<vec4<i32>>(bits) >> vec4<u32>(31u)) & vec4<u32>(0x7fffffffu);
  let key = bitcast<vec4<i32>>(bits ^ sign);
  return select(key, vec4<i32>(KEY_NAN), (bits & vec4<u32>(0x7fffffffu)) > vec4<u32>(BITS_INFINITY));
}
fn bitsOf(key: i32) -> u32 { return bitcast<u32>(key ^ ((key >> 31u) & 0x7fffffffi)); }
/** Returns the number of a finite key. */
fn valueOf(key: i32) -> f32 { return bitcast<f32>(bitsOf(key)); }
fn valueOf4(key: vec4<i32>) -> vec4<f32> {
  return bitcast<vec4<f32>>(key ^ ((key >> vec4<u32>(31u)) & vec4<i32>(0x7fffffffi)));
}
fn finiteKey(key: i32) -> i32 { return clamp(key, KEY_LOWEST, KEY_LARGEST); }

/** Returns a + b and the rounding error of the sum (Knuth). */
fn twoSum(a: f32, b: f32) -> vec2<f32> {
  let sum = keep(a + b);
  let part = keep(sum - a);
  return vec2<f32>(sum, (a - keep(sum - part)) + (b - part));
}
/** The same where |a| is at least |b| (Dekker). */
fn quickTwoSum(a: f32, b: f32) -> vec2<f32> {
  let sum = keep(a + b);
  return vec2<f32>(sum, b - keep(sum - a));
}
/**
 * Returns a · b and the rounding error of the product. The halves of the factors have 12 bits each. WGSL allows a
 * subnormal half or part to be 0. The sum of the others is then no rounding error: it may be more than 2⁻²⁴ of a · b.
 */
fn twoProduct(a: f32, b: f32) -> vec2<f32> {
  let product = keep(a * b);
  let aHigh = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
  let bHigh = bitcast<f32>(bitcast<u32>(b) & 0xfffff000u);
  let aLow = a - aHigh;
  let bLow = b - bHigh;
  let error = ((keep(aHigh * bHigh) - product) + keep(aHigh * bLow) + keep(aLow * bHigh)) + aLow * bLow;
  return vec2<f32>(product, select(error, 0.0, abs(error) > 5.9604645e-8 * abs(product)));
}
fn addPairs(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  let sum = twoSum(a.x, b.x);
  return quickTwoSum(sum.x, sum.y + (a.y + b.y));
}
fn addToPair(a: vec2<f32>, b: f32) -> vec2<f32> {
  let sum = twoSum(a.x, b);
  return quickTwoSum(sum.x, sum.y + a.y);
}
fn multiplyPairs(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  let product = twoProduct(a.x, b.x);
  return quickTwoSum(product.x, product.y + (a.x * b.y + a.y * b.x));
}
fn scalePair(a: vec2<f32>, b: f32) -> vec2<f32> { return multiplyPairs(a, vec2<f32>(b, 0.0)); }
fn dividePairs(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  // WGSL allows a quotient 2.5 ulp; the remainder corrects it.
  let quotient = a.x / b.x;
  let product = scalePair(b, quotient);
  let remainder = (keep(a.x - product.x) - product.y) + a.y;
  return quickTwoSum(quotient, remainder / b.x);
}
/** Returns a / b, rounded once or nearly so. */
fn divide(a: f32, b: f32) -> f32 { return dividePairs(vec2<f32>(a, 0.0), vec2<f32>(b, 0.0)).x; }
fn sumOfPair(a: vec2<f32>) -> f32 { return a.x + a.y; }

const LOG2E = 1.44269504;
// ln 2 in three parts. Products of the first with whole numbers below 2^9 are exact.
const LN2_HIGH = 0.693145751953125;
const LN2_MIDDLE = 1.428606765330187e-6;
const LN2_LOW = 5.497923e-14;

/** Returns 2^n · x by adding to the exponent. Both x and the result must be normal numbers. */
fn scaleByPower(x: f32, n: i32) -> f32 { return bitcast<f32>(bitcast<i32>(x) + (n << 23u)); }

/** Returns exp(x) · 2^n of a finite x up to 88 in magnitude times ln 2 beyond n; 0 where it is below 2^−126. */
fn expScaled(x: f32, n: i32) -> f32 {
  let clamped = clamp(x, -350.0, 350.0);
  let whole = round(clamped * LOG2E);
  let t = fma(-whole, LN2_MIDDLE, fma(-whole, LN2_HIGH, clamped));
  let q = fma(fma(fma(fma(0.0013813814148306847, t, 0.008369147777557373), t, 0.041667640209198), t,
    0.16666527092456818), t, 0.5000000596046448);
  let exponent = i32(whole) + n;
  let value = scaleByPower(1.0 + fma(q * t, t, t), clamp(exponent, -125, 127));
  return select(value, 0.0, exponent < -125 || x < -349.0);
}
fn infinity() -> f32 { return bitcast<f32>(BITS_INFINITY ^ parameters.zero); }
fn expOf(x: f32) -> f32 { return select(expScaled(x, 0), infinity(), x > 88.72284); }

/** Returns exp(x) as a pair p and an exponent n: p · 2^n. The relative error is about 2⁻³⁰. */
struct ScaledPair { pair: vec2<f32>, exponent: i32 }
fn expPair(x: vec2<f32>) -> ScaledPair {
  let clamped = clamp(x.x, -350.0, 350.0);
  let whole = round(clamped * LOG2E);
  let product = twoProduct(whole, LN2_MIDDLE);
  let reduced = twoSum(fma(-whole, LN2_HIGH, clamped), -product.x);
  let t = quickTwoSum(reduced.x, ((reduced.y - product.y) - whole * LN2_LOW) + select(0.0, x.y, abs(x.x) < 350.0));
  let square = twoProduct(t.x, t.x);
  // exp(t) = 1 + t + t²/2 + t³ · q. This minimax polynomial is off by 2⁻³³ of exp(t), Taylor's by 2⁻²⁷.
  let q = fma(fma(fma(fma(0.00019733477, t.x, 0.0013935227), t.x, 0.008333586), t.x, 0.041666463), t.x, 0.16666666);
  let low = fma(square.x * t.x, q, fma(0.5, square.y, fma(t.x, t.y, t.y)));
  let half = twoSum(t.x, 0.5 * square.x);
  let one = quickTwoSum(1.0, half.x);
  return ScaledPair(quickTwoSum(one.x, one.y + (half.y + low)), i32(whole));
}
/** Returns the pair times 2^n; 0 below 2^−125. */
fn scalePairByPower(p: vec2<f32>, n: i32) -> vec2<f32> {
  let first = clamp(n, -60, 60);
  let second = clamp(n - first, -60, 60);
  let scaled = p * bitcast<f32>((first + 127) << 23u) * bitcast<f32>((second + 127) << 23u);
  return select(scaled, vec2<f32>(0.0), vec2<bool>(n < -120));
}

/** Returns log(1 + f) of a pair from −0.3 to 0.42 as a pair. */
fn logOnePlusSmall(f: vec2<f32>) -> vec2<f32> {
  let s = f.x / (2.0 + f.x);
  let z = s * s;
  let series = z * fma(z, fma(z, fma(z, 0.24279079, 0.28498787), 0.40000972), 0.66666669);
  let square = twoProduct(f.x, f.x);
  let half = 0.5 * square;
  // log(1 + f) = f − f²/2 + s · (f²/2 + series), after FreeBSD's logf.
  let low = fma(s, half.x + series, f.y * (1.0 - f.x / (1.0 + f.x)) - half.y);
  let difference = twoSum(f.x, -half.x);
  return quickTwoSum(difference.x, difference.y + low);
}
/** Returns log of a pair that is a normal number above 0, as a pair. */
fn logOfPair(u: vec2<f32>) -> vec2<f32> {
  let bits = bitcast<u32>(u.x);
  // The exponent for a fraction from √½ to √2.
  let exponent = (bitcast<i32>(bits - 0x3f3504f3u) >> 23u);
  let fraction = bitcast<f32>(bits - bitcast<u32>(exponent << 23u));
  let low = scalePairByPower(vec2<f32>(u.y, 0.0), -exponent).x;
  let part = logOnePlusSmall(quickTwoSum(fraction - 1.0, low));
  let n = f32(exponent);
  let product = twoProduct(n, LN2_MIDDLE);
  let sum = twoSum(n * LN2_HIGH, part.x);
  return quickTwoSum(sum.x, sum.y + (product.x + part.y));
}
/** Returns log(1 + s) of a pair that is at least 0, as a pair. */
fn logOnePlus(s: vec2<f32>) -> vec2<f32> {
  if (s.x < 0.41) { return logOnePlusSmall(s); }
  return logOfPair(addPairs(vec2<f32>(1.0, 0.0), s));
}
/** Returns tanh(x) as a pair. */
fn tanhPair(x: vec2<f32>) -> vec2<f32> {
  let size = select(x, -x, vec2<bool>(x.x < 0.0));
  var result: vec2<f32>;
  if (size.x > 12.0) {
    result = vec2<f32>(1.0, -2.0 * expOf(-2.0 * size.x));
  } else if (size.x > 0.35) {
    // 1 − 2 / (exp(2x) + 1)
    let e = expPair(2.0 * size);
    let quotient = dividePairs(vec2<f32>(2.0, 0.0), addToPair(scalePairByPower(e.pair, e.exponent), 1.0));
    result = addToPair(-quotient, 1.0);
  } else {
    let square = size.x * size.x;
    let series = fma(fma(fma(fma(fma(fma(-0.0014558344, square, 0.0035921280), square, -0.0088632355), square,
      0.021869488), square, -0.053968254), square, 0.13333333), square, 0.0);
    let cube = multiplyPairs(multiplyPairs(size, size), size);
    result = addPairs(size, addToPair(multiplyPairs(cube, vec2<f32>(-0.33333334, 9.934107e-9)), cube.x * series));
  }
  return select(result, -result, vec2<bool>(x.x < 0.0));
}
`;
