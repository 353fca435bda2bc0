import type { RowVariant } from "./variant.ts";

/** Joins the statistics of a row's parts, which other workgroups have computed. */
export function partials({
  fromPartials,
  entropy: isEntropy,
  coefficients,
  blocked,
}: RowVariant): string {
  if (!fromPartials) return "";
  const hasDistance = isEntropy || coefficients !== "none";
  return /* wgsl */ `
${blocked ? "/** The key of the target's logit. */\nvar<private> targetKey: i32;" : ""}
/** Joins the results of a row's parts: (key, rest), (distance, mass). */
fn joinPartials(row: u32) {
  let start = ${blocked ? "(row - parameters.firstRow)" : "row"} * parameters.parts;
  ${blocked ? "targetKey = KEY_NONE;" : ""}
  maxKey = KEY_NONE;
  var winner = 0u;
  for (var part = 0u; part < parameters.parts; part++) {
    let key = bitcast<i32>(partials[(start + part) * 3u].x);
    if (key > maxKey) { maxKey = key; winner = part; }
  }
  let isOpen = maxKey > EMPTY_KEY;
  maxLogit = logit(select(0i, maxKey, isOpen));
  setReference(maxLogit.x);
  rest = vec2<f32>(0.0);
  distance = vec2<f32>(0.0);
  mass = vec2<f32>(0.0);
  isInfinite = 0u;
  memberCount = 0u;
  for (var part = 0u; part < parameters.parts; part++) {
    let first = partials[(start + part) * 3u];
    ${blocked ? "targetKey = max(targetKey, bitcast<i32>(first.w));" : ""}
    ${
      hasDistance
        ? `let numbers = bitcast<vec4<f32>>(partials[(start + part) * 3u + 1u]);
    let counts = partials[(start + part) * 3u + 2u];
    isInfinite += counts.x;
    memberCount += counts.y;
    ${isEntropy ? "" : "mass = addPairs(mass, numbers.zw);"}`
        : ""
    }
    let key = bitcast<i32>(first.x);
    if (key <= EMPTY_KEY || key > LAST_KEY) { continue; }
    let own = logit(key);
    let fall = addPairs(own, -maxLogit);
    let e = expPair(fall);
    let factor = scalePairByPower(e.pair, e.exponent);
    let partRest = bitcast<vec2<f32>>(first.yz);
    let all = addToPair(partRest, 1.0);
    let scaled = multiplyPairs(factor, all);
    if (part == winner) { rest = addPairs(rest, partRest); } else { rest = addPairs(rest, scaled); }
    ${
      isEntropy
        ? "distance = addPairs(distance, multiplyPairs(scaled, addPairs(numbers.xy, -fall)));"
        : hasDistance
          ? "distance = addPairs(distance, addPairs(numbers.xy, multiplyPairs(numbers.zw, -fall)));"
          : ""
    }
  }
  unitOfTerm = dividePairs(vec2<f32>(1.0, 0.0), termPair(maxLogit));
  ${isEntropy ? "distance = dividePairs(distance, addToPair(rest, 1.0));" : ""}
}`;
}
