// Programs for the graphics card. Places and looks lie in textures, so that a node that moves takes
// its edges along, and a look that changes is one texel. What is drawn is a list of slots, in a
// texture too: instances, which would need none, a processor draws one at a time.

import { DASH_PATTERNS } from "./scene.js";

const HEAD = `#version 300 es
precision highp float; precision highp int; precision highp sampler2D; precision highp usampler2D;
`;

const SHARED = `${HEAD}
uniform sampler2D places;
uniform usampler2D nodes;
uniform usampler2D ends;
uniform usampler2D edges;
uniform vec4 view; // left, top, scale, how much radii grow
uniform vec2 size; // of the screen, in pixels
uniform usampler2D list;
uniform int skip; // of the list each skip-th is drawn
uniform int corners; // of one item
int corner;
ivec2 cell(uint slot) { return ivec2(int(slot & 2047u), int(slot >> 11)); }
uint listed(int item) { return texelFetch(list, cell(uint(item * skip)), 0).x; }
// An item is a row of quads, each of two triangles.
const int QUAD[6] = int[6](0, 1, 2, 2, 1, 3);
uint drawn() {
  int each = 3 * corners - 6;
  int at = gl_VertexID % each;
  corner = at / 6 * 2 + QUAD[at % 6];
  return listed(gl_VertexID / each);
}
vec2 spot(uint slot) {
  vec2 place = texelFetch(places, cell(slot), 0).xy;
  return vec2(view.x + place.x * view.z, view.y - place.y * view.z);
}
float radiusOf(uint bits) { return float(bits & 0xffffu) / 64.0 * view.w; }
vec4 clip(vec2 at) { return vec4(at / size * vec2(2.0, -2.0) + vec2(-1.0, 1.0), 0.0, 1.0); }
vec4 rgba(uint c) { return vec4(uvec4(c, c >> 8, c >> 16, c >> 24) & 255u) / 255.0; }
`;

export const NODE = {
  vertex: `${SHARED}
out vec2 at;
flat out vec4 color;
flat out float radius;
flat out uint bits;
void main() {
  uint slot = drawn();
  uvec2 look = texelFetch(nodes, cell(slot), 0).xy;
  bits = look.y;
  color = rgba(look.x);
  radius = radiusOf(bits);
  float reach = radius * 1.6 + ((bits & ${1 << 20}u) > 0u ? 6.0 : 2.5);
  if (((bits >> 16) & 15u) == 0u) reach = radius + ((bits & ${1 << 20}u) > 0u ? 6.0 : 2.5);
  at = (vec2(corner & 1, corner >> 1) * 2.0 - 1.0) * reach;
  gl_Position = clip(spot(slot) + at);
}`,
  fragment: `${HEAD}
uniform vec4 ground;
uniform vec4 accent;
uniform float ratio;
in vec2 at;
flat in vec4 color;
flat in float radius;
flat in uint bits;
out vec4 result;
float polygon(vec2 p, float n, float far) {
  float part = 6.2831853 / n;
  float angle = mod(atan(p.x, -p.y), part) - part / 2.0;
  return length(p) * cos(angle) - far * cos(part / 2.0);
}
float star(vec2 p, float far, float near) {
  float part = 0.62831853;
  float angle = abs(mod(atan(p.x, -p.y) + part, part * 2.0) - part);
  vec2 q = length(p) * vec2(cos(angle), sin(angle));
  vec2 a = vec2(far, 0.0);
  vec2 b = near * vec2(cos(part), sin(part));
  vec2 n = normalize(vec2(b.y, a.x - b.x));
  return dot(q - a, n);
}
float border(vec2 p, float r, uint shape) {
  if (shape == 1u) return max(abs(p.x), abs(p.y)) - r * 0.9;
  if (shape == 2u) return (abs(p.x) + abs(p.y) - r * 1.3) * 0.70710678;
  if (shape == 3u) return polygon(p, 3.0, r * 1.5);
  if (shape == 4u) return polygon(p, 6.0, r * 1.12);
  if (shape == 5u) return star(p, r * 1.5, r * 0.68);
  return length(p) - r;
}
float cover(float d) { return clamp(0.5 - d * ratio, 0.0, 1.0); }
void over(vec4 c, float share) { result = vec4(c.rgb, 1.0) * share * c.a + result * (1.0 - share * c.a); }
void main() {
  float d = border(at, radius, (bits >> 16) & 15u);
  result = vec4(0.0);
  if (radius > 3.5) over(ground, cover(d - 1.2));
  over(color, cover(d) * min(1.0, radius * 2.0));
  if ((bits & ${1 << 21}u) > 0u) over(ground, cover(length(at) - max(1.5, radius * 0.3)));
  if ((bits & ${1 << 20}u) > 0u) over(accent, cover(abs(d - 3.0) - 1.25));
  if (result.a < 0.004) discard;
}`,
};

// The course of an edge: see curves.js.
const COURSE = `${SHARED}
uniform float gain;
vec2 p0, p1, p2, p3;
void course(uint slot, uint bits) {
  uvec2 end = texelFetch(ends, cell(slot), 0).xy;
  p0 = spot(end.x);
  p3 = spot(end.y);
  float bend = float(int(bits) >> 24);
  if (end.x == end.y) {
    float radius = radiusOf(texelFetch(nodes, cell(end.x), 0).y);
    float far = (radius + min(1.0, radius * radius / 36.0) * (16.0 + 10.0 * min(bend, 6.0))) * 1.33;
    p1 = p0 + vec2(-far * 0.75, -far);
    p2 = p0 + vec2(far * 0.75, -far);
    return;
  }
  vec2 d = p3 - p0;
  float len = max(length(d), 1e-3);
  vec2 aside = vec2(d.y, -d.x) * clamp(bend * min(0.16 * len, 16.0), -0.4 * len, 0.4 * len) / len;
  p1 = p0 + d / 3.0 + aside;
  p2 = p3 - d / 3.0 + aside;
}
vec2 on(float t) {
  float s = 1.0 - t;
  return s * s * s * p0 + 3.0 * t * s * s * p1 + 3.0 * t * t * s * p2 + t * t * t * p3;
}
vec2 towards(float t) {
  float s = 1.0 - t;
  vec2 d = s * s * (p1 - p0) + 2.0 * s * t * (p2 - p1) + t * t * (p3 - p2);
  return d / max(length(d), 1e-6);
}
float whole() {
  float sum = 0.0;
  vec2 last = p0;
  for (int i = 1; i <= 8; i++) { vec2 next = on(float(i) / 8.0); sum += distance(last, next); last = next; }
  return sum;
}
vec4 tone(uint c) {
  vec4 color = rgba(c);
  if (color.a < 0.6) color.a = min(0.6, color.a * gain);
  return color;
}
`;

export const EDGE = {
  vertex: `${COURSE}
uniform int steps;
uniform float ratio;
out float aside;
out float along;
flat out float half_;
flat out vec4 color;
flat out uint dash;
void main() {
  uint slot = drawn();
  uvec2 look = texelFetch(edges, cell(slot), 0).xy;
  course(slot, look.y);
  color = tone(look.x);
  float width = float(look.y & 1023u) / 32.0;
  if (width < 1.0) { color.a *= width; width = 1.0; }
  half_ = width / 2.0;
  dash = (look.y >> 10) & 3u;
  float t = float(corner >> 1) / float(steps);
  vec2 d = steps == 1 ? normalize(p3 - p0) : towards(t);
  aside = (float(corner & 1) * 2.0 - 1.0) * (half_ + 0.5 / ratio);
  along = dash == 0u ? 0.0 : t * whole();
  gl_Position = clip((steps == 1 ? mix(p0, p3, t) : on(t)) + vec2(-d.y, d.x) * aside);
}`,
  fragment: `${HEAD}
uniform float ratio;
in float aside;
in float along;
flat in float half_;
flat in vec4 color;
flat in uint dash;
out vec4 result;
void main() {
  float share = clamp((half_ - abs(aside)) * ratio + 0.5, 0.0, 1.0);
  if (dash > 0u) {
    vec2 pattern = dash == 1u ? vec2(${DASH_PATTERNS[1].map((n) => n.toFixed(1))}) : vec2(${DASH_PATTERNS[2].map((n) => n.toFixed(1))});
    float at = mod(along, pattern.x + pattern.y);
    share *= clamp((min(at, pattern.x - at)) * ratio + 0.5, 0.0, 1.0);
  }
  if (share <= 0.0) discard;
  result = vec4(color.rgb, 1.0) * color.a * share;
}`,
};

/** For many edges while they move: thin lines, straight. */
export const LINE = {
  vertex: `${SHARED}
uniform float gain;
flat out vec4 color;
void main() {
  uint slot = listed(gl_VertexID >> 1);
  uvec2 look = texelFetch(edges, cell(slot), 0).xy;
  uvec2 end = texelFetch(ends, cell(slot), 0).xy;
  color = rgba(look.x);
  if (color.a < 0.6) color.a = min(0.6, color.a * gain);
  color.a *= min(1.0, float(look.y & 1023u) / 32.0);
  gl_Position = clip(spot((gl_VertexID & 1) == 0 ? end.x : end.y));
}`,
  fragment: `${HEAD}
flat in vec4 color;
out vec4 result;
void main() { result = vec4(color.rgb, 1.0) * color.a; }`,
};

/** For many nodes while they move, and where they are small: dots. */
export const DOT = {
  vertex: `${SHARED}
uniform float ratio;
flat out vec4 color;
flat out float reach;
void main() {
  uint slot = listed(gl_VertexID);
  uvec2 look = texelFetch(nodes, cell(slot), 0).xy;
  float radius = radiusOf(look.y);
  color = rgba(look.x);
  color.a *= min(1.0, radius * 2.0);
  reach = max(radius, 0.5) * ratio;
  gl_PointSize = 2.0 * reach + 1.0;
  gl_Position = clip(spot(slot));
}`,
  fragment: `${HEAD}
flat in vec4 color;
flat in float reach;
out vec4 result;
void main() {
  float share = clamp(reach + 0.5 - length((gl_PointCoord - 0.5) * (2.0 * reach + 1.0)), 0.0, 1.0);
  if (share <= 0.0) discard;
  result = vec4(color.rgb, 1.0) * color.a * share;
}`,
};

export const ARROW = {
  vertex: `${COURSE}
uniform bool back;
out vec2 at; // how far behind the tip, and aside of it
flat out float len;
flat out vec4 color;
void main() {
  uint slot = drawn();
  uvec2 look = texelFetch(edges, cell(slot), 0).xy;
  gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  if ((look.y & (back ? ${1 << 13}u : ${1 << 12}u)) == 0u) return;
  course(slot, look.y);
  uvec2 end = texelFetch(ends, cell(slot), 0).xy;
  if (back) { vec2 p = p0; p0 = p3; p3 = p; p = p1; p1 = p2; p2 = p; }
  float radius = radiusOf(texelFetch(nodes, cell(back ? end.x : end.y), 0).y);
  len = min(4.0 + 2.0 * float(look.y & 1023u) / 32.0, 3.0 + 1.2 * radius);
  float all = whole();
  if (all < radius + 2.0 * len) return;
  color = tone(look.x);
  color.a = min(1.0, color.a * 1.5);
  vec2 tip = on(1.0 - radius / all);
  vec2 d = normalize(tip - on(1.0 - (radius + len) / all));
  at = vec2(float(corner & 1) * (len + 2.0) - 1.0, (float(corner >> 1) * 2.0 - 1.0) * (len * 0.43 + 1.0));
  gl_Position = clip(tip - d * at.x + vec2(-d.y, d.x) * at.y);
}`,
  fragment: `${HEAD}
uniform float ratio;
in vec2 at;
flat in float len;
flat in vec4 color;
out vec4 result;
void main() {
  float d = max((abs(at.y) - at.x * 0.42) * 0.92, at.x - len);
  float share = clamp(0.5 - d * ratio, 0.0, 1.0);
  if (share <= 0.0) discard;
  result = vec4(color.rgb, 1.0) * color.a * share;
}`,
};
