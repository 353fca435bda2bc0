(module
 (type $0 (func (param i32 i32 i32 i32 i32)))
 (type $1 (func (param i32 i32 i32 i32)))
 (type $2 (func (param i32 i32 i32 i32 i32 f32)))
 (type $3 (func (param i32 i32 i32 i32 i32 i32 i32 f32)))
 (type $4 (func (param i32 i32 i32 f32 f32)))
 (type $5 (func (param i32 i32 i32 f32)))
 (type $6 (func (param i32 i32 f32)))
 (type $7 (func (param i32 i32 i32 v128 v128 i32)))
 (type $8 (func (param i32 i32 i32 v128 v128)))
 (type $9 (func (param i32 i32 i32 v128)))
 (type $10 (func (param i32 i32) (result f32)))
 (type $11 (func (param i32 i32 i32 i32 i32 i32 i32 f32 i32)))
 (type $12 (func (param i32 i32)))
 (type $13 (func (param i32 i32 v128 v128 v128 i32)))
 (import "env" "memory" (memory $0 1))
 (data $0 (i32.const 1024) ";\aa\b8?\00r1\bf\8e\be\bf\b5\e7\11\b5:\10\1d\t<y\ac*=I\aa*>\fe\ff\ff>")
 (data $1 (i32.const 1056) "\ef9\fa\feB.\e6?l\b6\fa\ff\ff\ff\ef?\b7\c5\10\00\00\00\f0?\c9\05\a1\05\00\00\e0?\dd\bc&4UU\c5?\r\88\8b\7fFU\a5?\91\d4g\b2/\11\81?\fd\b1\d6\"Q\daV?\b0H\d0\a1l\eb)?\00\00\00\00\00\00\f0?\00\00\00\00\00\00\08\00\00\00\00\00\00\000CUUUUUU\e5?\9a\99\99\99\99\99\d9?\92$I\92$I\d2?\1c\c7q\1c\c7q\cc?F\17]t\d1E\c7?\14;\b1\13;\b1\c3?")
 (export "columnsOf" (func $assembly/lanes/columnsOf))
 (export "shortRowsOf" (func $assembly/lanes/shortRowsOf))
 (export "rowsOf" (func $assembly/rows/rowsOf))
 (export "scale" (func $assembly/rows/scale))
 (export "subtract" (func $assembly/rows/subtract))
 (export "survey" (func $assembly/rows/survey))
 (export "memory" (memory $0))
 (func $assembly/rows/subtract (param $0 i32) (param $1 i32) (param $2 i32) (param $3 f32) (param $4 f32)
  (local $5 i32)
  (local $6 v128)
  (local $7 v128)
  local.get $3
  f32x4.splat
  local.set $6
  local.get $4
  f32x4.splat
  local.set $7
  local.get $0
  local.get $2
  i32.const 2
  i32.shl
  i32.add
  local.set $5
  loop $for-loop|0
   local.get $0
   i32.const 16
   i32.add
   local.tee $2
   local.get $5
   i32.le_u
   if
    local.get $1
    local.get $0
    v128.load
    local.get $6
    f32x4.sub
    local.get $7
    f32x4.sub
    v128.store
    local.get $2
    local.set $0
    local.get $1
    i32.const 16
    i32.add
    local.set $1
    br $for-loop|0
   end
  end
  loop $for-loop|1
   local.get $0
   local.get $5
   i32.lt_u
   if
    local.get $1
    local.get $0
    f32.load
    local.get $3
    f32.sub
    local.get $4
    f32.sub
    f32.store
    local.get $0
    i32.const 4
    i32.add
    local.set $0
    local.get $1
    i32.const 4
    i32.add
    local.set $1
    br $for-loop|1
   end
  end
 )
 (func $assembly/rows/scale (param $0 i32) (param $1 i32) (param $2 i32) (param $3 f32)
  (local $4 v128)
  (local $5 i32)
  local.get $3
  f32x4.splat
  local.set $4
  local.get $0
  local.get $2
  i32.const 2
  i32.shl
  i32.add
  local.set $5
  loop $for-loop|0
   local.get $0
   i32.const -64
   i32.sub
   local.tee $2
   local.get $5
   i32.le_u
   if
    local.get $1
    local.get $0
    v128.load
    local.get $4
    f32x4.mul
    v128.store
    local.get $1
    local.get $0
    v128.load offset=16
    local.get $4
    f32x4.mul
    v128.store offset=16
    local.get $1
    local.get $0
    v128.load offset=32
    local.get $4
    f32x4.mul
    v128.store offset=32
    local.get $1
    local.get $0
    v128.load offset=48
    local.get $4
    f32x4.mul
    v128.store offset=48
    local.get $2
    local.set $0
    local.get $1
    i32.const -64
    i32.sub
    local.set $1
    br $for-loop|0
   end
  end
  loop $for-loop|1
   local.get $0
   local.get $5
   i32.lt_u
   if
    local.get $1
    local.get $0
    f32.load
    local.get $3
    f32.mul
    f32.store
    local.get $0
    i32.const 4
    i32.add
    local.set $0
    local.get $1
    i32.const 4
    i32.add
    local.set $1
    br $for-loop|1
   end
  end
 )
 (func $assembly/tile/loadRows (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32)
  (local $5 v128)
  (local $6 i32)
  (local $7 i32)
  (local $8 v128)
  (local $9 i32)
  (local $10 i32)
  (local $11 i32)
  (local $12 v128)
  (local $13 v128)
  (local $14 v128)
  (local $15 v128)
  (local $16 v128)
  v128.const i32x4 0xff800000 0xff800000 0xff800000 0xff800000
  local.set $5
  local.get $3
  i32.const 2
  i32.shl
  local.tee $6
  i32.const -16
  i32.and
  local.set $9
  i32.const 0
  local.set $3
  loop $for-loop|0
   local.get $3
   local.get $9
   i32.lt_u
   if
    local.get $1
    local.get $3
    i32.add
    local.tee $10
    local.get $6
    i32.add
    local.tee $11
    local.get $6
    i32.add
    local.set $7
    local.get $10
    v128.load
    local.tee $12
    local.get $11
    v128.load
    local.tee $13
    i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
    local.set $8
    local.get $7
    v128.load
    local.tee $14
    local.get $6
    local.get $7
    i32.add
    v128.load
    local.tee $15
    i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
    local.set $16
    local.get $12
    local.get $13
    i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
    local.tee $12
    local.get $14
    local.get $15
    i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
    local.tee $13
    i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31
    local.set $14
    local.get $2
    local.get $8
    local.get $16
    i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
    local.tee $15
    local.get $15
    local.get $5
    f32x4.pmin
    local.get $0
    select
    v128.store
    local.get $2
    i32.const -64
    i32.sub
    local.get $8
    local.get $16
    i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31
    local.tee $8
    local.get $8
    local.get $5
    local.get $15
    f32x4.pmax
    local.tee $5
    f32x4.pmin
    local.get $0
    select
    v128.store
    local.get $2
    i32.const 128
    i32.add
    local.get $12
    local.get $13
    i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
    local.tee $12
    local.get $12
    local.get $5
    local.get $8
    f32x4.pmax
    local.tee $5
    f32x4.pmin
    local.get $0
    select
    v128.store
    local.get $2
    i32.const 192
    i32.add
    local.get $14
    local.get $14
    local.get $5
    local.get $12
    f32x4.pmax
    local.tee $5
    f32x4.pmin
    local.get $0
    select
    v128.store
    local.get $5
    local.get $14
    f32x4.pmax
    local.set $5
    local.get $3
    i32.const 16
    i32.add
    local.set $3
    local.get $2
    i32.const 256
    i32.add
    local.set $2
    br $for-loop|0
   end
  end
  loop $for-loop|1
   local.get $3
   local.get $6
   i32.lt_u
   if
    local.get $2
    local.get $1
    local.get $3
    i32.add
    local.tee $7
    local.get $6
    i32.add
    local.tee $9
    local.get $6
    i32.add
    local.tee $10
    local.get $6
    i32.add
    local.get $10
    local.get $9
    local.get $7
    v128.load32_zero
    v128.load32_lane 1
    v128.load32_lane 2
    v128.load32_lane 3
    local.tee $8
    local.get $8
    local.get $5
    f32x4.pmin
    local.get $0
    select
    v128.store
    local.get $5
    local.get $8
    f32x4.pmax
    local.set $5
    local.get $3
    i32.const 4
    i32.add
    local.set $3
    local.get $2
    i32.const -64
    i32.sub
    local.set $2
    br $for-loop|1
   end
  end
  local.get $4
  local.get $5
  v128.store
 )
 (func $assembly/tile/loadColumns (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32)
  (local $4 v128)
  (local $5 i32)
  (local $6 v128)
  (local $7 v128)
  (local $8 v128)
  (local $9 v128)
  v128.const i32x4 0xff800000 0xff800000 0xff800000 0xff800000
  local.set $4
  v128.const i32x4 0xff800000 0xff800000 0xff800000 0xff800000
  local.set $6
  v128.const i32x4 0xff800000 0xff800000 0xff800000 0xff800000
  local.set $7
  v128.const i32x4 0xff800000 0xff800000 0xff800000 0xff800000
  local.set $8
  i32.const 90112
  local.set $5
  local.get $2
  i32.const 6
  i32.shl
  i32.const 90112
  i32.add
  local.set $2
  loop $for-loop|0
   local.get $2
   local.get $5
   i32.gt_u
   if
    local.get $5
    local.get $1
    v128.load
    local.tee $9
    local.get $9
    local.get $4
    f32x4.pmin
    local.get $0
    select
    v128.store
    local.get $4
    local.get $9
    f32x4.pmax
    local.set $4
    local.get $5
    i32.const 16
    i32.add
    local.get $1
    v128.load offset=16
    local.tee $9
    local.get $9
    local.get $6
    f32x4.pmin
    local.get $0
    select
    v128.store
    local.get $6
    local.get $9
    f32x4.pmax
    local.set $6
    local.get $5
    i32.const 32
    i32.add
    local.get $1
    v128.load offset=32
    local.tee $9
    local.get $9
    local.get $7
    f32x4.pmin
    local.get $0
    select
    v128.store
    local.get $7
    local.get $9
    f32x4.pmax
    local.set $7
    local.get $5
    i32.const 48
    i32.add
    local.get $1
    v128.load offset=48
    local.tee $9
    local.get $9
    local.get $8
    f32x4.pmin
    local.get $0
    select
    v128.store
    local.get $8
    local.get $9
    f32x4.pmax
    local.set $8
    local.get $5
    i32.const -64
    i32.sub
    local.set $5
    local.get $1
    local.get $3
    i32.add
    local.set $1
    br $for-loop|0
   end
  end
  i32.const 2816
  local.get $4
  v128.store
  i32.const 2992
  local.get $6
  v128.store
  i32.const 3168
  local.get $7
  v128.store
  i32.const 3344
  local.get $8
  v128.store
 )
 (func $assembly/rows/survey (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32)
  (local $4 v128)
  (local $5 i32)
  (local $6 i32)
  (local $7 f32)
  (local $8 f64)
  (local $9 f32)
  (local $10 f32)
  (local $11 i32)
  (local $12 f64)
  (local $13 f32)
  (local $14 i32)
  (local $15 v128)
  (local $16 v128)
  (local $17 i32)
  i32.const 2624
  local.get $1
  local.get $3
  call $assembly/rows/maxOf
  local.tee $7
  f64.promote_f32
  f64.store
  local.get $7
  f32.abs
  f32.const inf
  f32.lt
  i32.eqz
  if
   return
  end
  local.get $7
  local.get $7
  f32.const 0
  local.get $7
  f32.abs
  f32.const 208
  f32.ge
  select
  local.tee $10
  f32.sub
  local.tee $13
  f32.const 1.4426950216293335
  f32.mul
  f32.nearest
  local.set $9
  local.get $13
  f64.promote_f32
  local.get $9
  f64.promote_f32
  f64.const 0.6931471805599453
  f64.mul
  f64.sub
  f64x2.splat
  local.tee $4
  local.get $4
  f64x2.mul
  local.tee $15
  local.get $15
  f64x2.mul
  local.get $15
  local.get $4
  i32.const 1120
  v128.load64_splat
  f64x2.mul
  i32.const 1112
  v128.load64_splat
  f64x2.add
  f64x2.mul
  local.get $4
  i32.const 1104
  v128.load64_splat
  f64x2.mul
  i32.const 1096
  v128.load64_splat
  f64x2.add
  f64x2.add
  f64x2.mul
  local.get $15
  local.get $4
  i32.const 1088
  v128.load64_splat
  f64x2.mul
  i32.const 1080
  v128.load64_splat
  f64x2.add
  f64x2.mul
  local.get $4
  i32.const 1072
  v128.load64_splat
  f64x2.mul
  i32.const 1064
  v128.load64_splat
  f64x2.add
  f64x2.add
  f64x2.add
  f64x2.extract_lane 0
  local.set $12
  local.get $9
  f32.const -127
  f32.add
  f64.promote_f32
  f64.const 0.6931471805599453
  f64.mul
  f32.demote_f64
  f32x4.splat
  local.set $4
  f32.const 12583039
  local.get $9
  f32.sub
  f32x4.splat
  local.set $15
  i32.const 2688
  i32.load
  local.set $5
  local.get $7
  f32x4.splat
  local.set $16
  loop $while-continue|0
   local.get $5
   v128.load
   local.get $16
   f32x4.eq
   v128.any_true
   i32.eqz
   if
    local.get $5
    i32.const 16
    i32.add
    local.set $5
    br $while-continue|0
   end
  end
  loop $while-continue|1
   local.get $5
   f32.load
   local.get $7
   f32.ne
   if
    local.get $5
    i32.const 4
    i32.add
    local.set $5
    br $while-continue|1
   end
  end
  local.get $5
  f32.const -inf
  f32.store
  local.get $3
  i32.const -4
  i32.and
  i32.const 0
  local.get $10
  f32.const 0
  f32.eq
  select
  local.tee $17
  i32.const 2
  i32.shl
  local.set $6
  local.get $0
  if
   local.get $1
   local.get $2
   local.get $1
   local.get $6
   i32.add
   local.get $4
   local.get $15
   call $assembly/exponentials/keepExponentials
  else
   local.get $1
   local.get $1
   local.get $6
   i32.add
   i32.const 16
   local.get $4
   local.get $15
   i32.const 2560
   call $assembly/exponentials/sumExponentials
  end
  local.get $5
  local.get $1
  i32.sub
  local.set $14
  i32.const 2560
  v128.load
  i32.const 2576
  v128.load
  f64x2.add
  local.tee $16
  f64x2.extract_lane 0
  local.get $16
  f64x2.extract_lane 1
  f64.add
  local.get $1
  local.get $6
  i32.add
  local.set $11
  local.get $2
  local.get $6
  i32.add
  local.set $6
  local.get $3
  local.get $17
  i32.sub
  local.set $1
  loop $for-loop|0
   local.get $1
   i32.const 0
   i32.gt_s
   if
    i32.const 128
    local.get $1
    local.get $1
    i32.const 128
    i32.ge_s
    select
    local.tee $3
    i32.const 3
    i32.add
    i32.const 2
    i32.shr_s
    i32.const 4
    i32.shl
    i32.const 2048
    i32.add
    local.tee $17
    i32.const 16
    i32.sub
    v128.const i32x4 0xff800000 0xff800000 0xff800000 0xff800000
    v128.store
    local.get $11
    i32.const 2048
    local.get $3
    local.get $10
    f32.const 0
    call $assembly/rows/subtract
    i32.const 2048
    i32.const 2048
    local.get $17
    local.get $4
    local.get $15
    call $assembly/exponentials/keepExponentials
    local.get $8
    i32.const 2560
    v128.load
    i32.const 2576
    v128.load
    f64x2.add
    local.tee $16
    f64x2.extract_lane 0
    local.get $16
    f64x2.extract_lane 1
    f64.add
    f64.add
    local.set $8
    local.get $0
    if
     local.get $6
     i32.const 2048
     local.get $3
     i32.const 2
     i32.shl
     memory.copy
    end
    local.get $1
    i32.const 128
    i32.sub
    local.set $1
    local.get $11
    i32.const 512
    i32.add
    local.set $11
    local.get $6
    i32.const 512
    i32.add
    local.set $6
    br $for-loop|0
   end
  end
  local.get $8
  f64.add
  local.set $8
  local.get $5
  local.get $7
  f32.store
  local.get $0
  if
   local.get $2
   local.get $14
   i32.add
   local.get $12
   f32.demote_f64
   f32.store
  end
  i32.const 2632
  local.get $10
  f64.promote_f32
  f64.store
  i32.const 2640
  local.get $9
  f64.promote_f32
  f64.store
  i32.const 2648
  local.get $12
  f64.store
  i32.const 2656
  local.get $8
  f64.store
 )
 (func $assembly/rows/rowOf (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32) (param $5 f32)
  (local $6 v128)
  (local $7 f64)
  (local $8 f32)
  (local $9 i32)
  (local $10 i32)
  (local $11 i32)
  (local $12 f64)
  (local $13 f32)
  (local $14 f64)
  (local $15 v128)
  (local $16 v128)
  (local $17 v128)
  (local $18 v128)
  (local $19 f64)
  local.get $4
  i32.const 3
  i32.shl
  i32.const 53248
  i32.add
  local.set $10
  local.get $0
  i32.const 3
  i32.ge_s
  local.tee $11
  if
   local.get $4
   i32.const 2
   i32.shl
   i32.const 4096
   i32.add
   i32.load
   local.tee $9
   i32.const 0
   i32.lt_s
   if
    local.get $10
    f64.const 0
    f64.store
    local.get $0
    i32.const 4
    i32.eq
    if
     local.get $2
     local.get $3
     f32.const 0
     call $assembly/rows/fill
    end
    return
   end
  end
  local.get $1
  local.get $9
  i32.const 2
  i32.shl
  i32.add
  f32.load
  local.set $13
  local.get $0
  i32.eqz
  local.get $0
  i32.const 4
  i32.eq
  i32.or
  local.get $1
  local.get $2
  local.get $3
  call $assembly/rows/survey
  i32.const 2624
  f64.load
  f32.demote_f64
  local.tee $8
  f32.abs
  f32.const inf
  f32.lt
  i32.eqz
  if
   local.get $1
   local.get $3
   i32.const 2
   i32.shl
   i32.add
   local.set $4
   local.get $10
   local.get $8
   f64.promote_f32
   f64.const nan:0x8000000000000
   local.get $0
   i32.const 2
   i32.eq
   local.tee $9
   block $__inlined_func$assembly/rows/hasNaN$1 (result i32)
    loop $for-loop|0
     local.get $1
     local.get $4
     i32.lt_u
     if
      i32.const 1
      local.get $1
      f32.load
      local.tee $13
      local.get $13
      f32.ne
      br_if $__inlined_func$assembly/rows/hasNaN$1
      drop
      local.get $1
      i32.const 4
      i32.add
      local.set $1
      br $for-loop|0
     end
    end
    i32.const 0
   end
   local.tee $1
   i32.eqz
   i32.and
   select
   f64.store
   local.get $0
   i32.const 3
   i32.eq
   local.get $9
   i32.or
   i32.eqz
   if
    local.get $2
    local.get $3
    local.get $5
    f32.const nan:0x400000
    local.get $1
    i32.eqz
    local.get $8
    f32.const 0
    f32.lt
    i32.and
    local.get $0
    i32.const 4
    i32.ne
    i32.and
    select
    call $assembly/rows/fill
   end
   return
  end
  i32.const 2648
  f64.load
  local.tee $12
  i32.const 2656
  f64.load
  local.tee $14
  f64.add
  local.set $7
  local.get $0
  i32.eqz
  if
   local.get $2
   local.get $2
   local.get $3
   f64.const 1
   local.get $7
   f64.div
   f32.demote_f64
   call $assembly/rows/scale
   return
  end
  local.get $14
  f64x2.splat
  local.tee $15
  i32.const 1128
  v128.load64_splat
  local.tee $16
  local.get $7
  f64x2.splat
  local.get $12
  f64x2.splat
  local.tee $17
  i64x2.sub
  i32.const 1136
  v128.load64_splat
  i64x2.add
  i32.const 52
  i64x2.shr_u
  local.tee $18
  i32.const 52
  i64x2.shl
  i64x2.add
  local.tee $6
  local.get $16
  f64x2.sub
  local.get $17
  f64x2.mul
  f64x2.sub
  local.get $15
  local.get $6
  local.get $16
  f64x2.add
  local.get $17
  f64x2.mul
  f64x2.add
  f64x2.div
  local.tee $6
  local.get $6
  f64x2.mul
  local.tee $15
  local.get $15
  f64x2.mul
  local.set $16
  local.get $18
  i32.const 1144
  v128.load64_splat
  local.tee $17
  v128.or
  local.get $17
  f64x2.sub
  i32.const 1056
  v128.load64_splat
  f64x2.mul
  local.get $6
  local.get $15
  f64x2.mul
  local.get $16
  local.get $16
  local.get $15
  i32.const 1192
  v128.load64_splat
  f64x2.mul
  i32.const 1184
  v128.load64_splat
  f64x2.add
  f64x2.mul
  local.get $15
  i32.const 1176
  v128.load64_splat
  f64x2.mul
  i32.const 1168
  v128.load64_splat
  f64x2.add
  f64x2.add
  f64x2.mul
  local.get $15
  i32.const 1160
  v128.load64_splat
  f64x2.mul
  i32.const 1152
  v128.load64_splat
  f64x2.add
  f64x2.add
  f64x2.mul
  local.get $6
  local.get $6
  f64x2.add
  f64x2.add
  f64x2.add
  f64x2.extract_lane 0
  local.set $12
  local.get $0
  i32.const 1
  i32.eq
  if
   local.get $1
   local.get $2
   local.get $3
   local.get $8
   local.get $12
   f32.demote_f64
   call $assembly/rows/subtract
   return
  end
  local.get $10
  local.get $8
  f64.promote_f32
  local.get $13
  f64.promote_f32
  f64.sub
  local.get $8
  f64.promote_f32
  local.get $11
  select
  local.get $12
  f64.add
  f64.store
  local.get $0
  i32.const 4
  i32.ne
  if
   return
  end
  local.get $2
  local.get $9
  i32.const 2
  i32.shl
  i32.add
  local.tee $0
  f32.load
  f64.promote_f32
  local.get $7
  f64.div
  local.set $19
  local.get $2
  local.get $2
  local.get $3
  local.get $4
  i32.const 3
  i32.shl
  i32.const 20480
  i32.add
  f64.load
  local.tee $12
  local.get $7
  f64.div
  f32.demote_f64
  call $assembly/rows/scale
  local.get $0
  local.get $12
  local.get $14
  f64.neg
  local.get $7
  f64.div
  local.get $19
  f64.const -1
  f64.add
  local.get $8
  local.get $13
  f32.eq
  select
  f64.mul
  f32.demote_f64
  f32.store
 )
 (func $assembly/rows/fill (param $0 i32) (param $1 i32) (param $2 f32)
  local.get $0
  local.get $1
  i32.const 2
  i32.shl
  i32.add
  local.set $1
  loop $for-loop|0
   local.get $0
   local.get $1
   i32.lt_u
   if
    local.get $0
    local.get $2
    f32.store
    local.get $0
    i32.const 4
    i32.add
    local.set $0
    br $for-loop|0
   end
  end
 )
 (func $assembly/lanes/putSlopes (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32)
  (local $5 i32)
  (local $6 v128)
  (local $7 i32)
  i32.const 2816
  local.set $5
  local.get $3
  i32.const 3
  i32.add
  i32.const 2
  i32.shr_u
  i32.const 176
  i32.mul
  i32.const 2816
  i32.add
  local.set $7
  loop $for-loop|0
   local.get $5
   local.get $7
   i32.lt_u
   if
    local.get $5
    v128.load
    local.tee $6
    local.get $6
    f32x4.ne
    v128.any_true
    i32.eqz
    if
     local.get $0
     local.get $1
     local.get $4
     i32.const 2
     i32.shl
     local.tee $3
     i32.const 4096
     i32.add
     i32.load
     i32.mul
     i32.add
     local.get $5
     v128.load offset=160
     local.tee $6
     v128.store32_lane 0
     local.get $0
     local.get $2
     i32.add
     local.get $1
     local.get $3
     i32.const 4100
     i32.add
     i32.load
     i32.mul
     i32.add
     local.get $6
     v128.store32_lane 1
     local.get $0
     local.get $2
     i32.const 1
     i32.shl
     i32.add
     local.get $1
     local.get $3
     i32.const 4104
     i32.add
     i32.load
     i32.mul
     i32.add
     local.get $6
     v128.store32_lane 2
     local.get $0
     local.get $2
     i32.const 3
     i32.mul
     i32.add
     local.get $1
     local.get $3
     i32.const 4108
     i32.add
     i32.load
     i32.mul
     i32.add
     local.get $6
     v128.store32_lane 3
    end
    local.get $5
    i32.const 176
    i32.add
    local.set $5
    local.get $4
    i32.const 4
    i32.add
    local.set $4
    local.get $0
    local.get $2
    i32.const 2
    i32.shl
    i32.add
    local.set $0
    br $for-loop|0
   end
  end
 )
 (func $assembly/lanes/putApart (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32)
  (local $5 i32)
  (local $6 i32)
  (local $7 i32)
  (local $8 i32)
  (local $9 v128)
  i32.const 90112
  local.set $7
  i32.const 2816
  local.set $6
  local.get $3
  i32.const 3
  i32.add
  i32.const 2
  i32.shr_u
  i32.const 176
  i32.mul
  i32.const 2816
  i32.add
  local.set $8
  loop $for-loop|0
   local.get $6
   local.get $8
   i32.lt_u
   if
    local.get $6
    v128.load
    local.tee $9
    local.get $9
    f32x4.ne
    v128.any_true
    if
     i32.const 0
     local.set $3
     loop $for-loop|1
      local.get $3
      i32.const 4
      i32.lt_u
      if
       i32.const 0
       local.set $5
       loop $for-loop|2
        local.get $4
        local.get $5
        i32.gt_u
        if
         local.get $0
         local.get $2
         local.get $3
         i32.mul
         i32.add
         local.get $1
         local.get $5
         i32.mul
         i32.add
         local.get $7
         local.get $3
         i32.const 2
         i32.shl
         i32.add
         local.get $5
         i32.const 6
         i32.shl
         i32.add
         f32.load
         f32.store
         local.get $5
         i32.const 1
         i32.add
         local.set $5
         br $for-loop|2
        end
       end
       local.get $3
       i32.const 1
       i32.add
       local.set $3
       br $for-loop|1
      end
     end
    end
    local.get $6
    i32.const 176
    i32.add
    local.set $6
    local.get $7
    i32.const 16
    i32.add
    local.set $7
    local.get $0
    local.get $2
    i32.const 2
    i32.shl
    i32.add
    local.set $0
    br $for-loop|0
   end
  end
 )
 (func $assembly/lanes/compute (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32) (param $5 i32) (param $6 i32) (param $7 f32)
  (local $8 i32)
  (local $9 i32)
  (local $10 i32)
  (local $11 v128)
  local.get $4
  i32.const 3
  i32.add
  i32.const 2
  i32.shr_u
  i32.const 176
  i32.mul
  i32.const 2816
  i32.add
  local.set $10
  i32.const 90112
  local.set $8
  local.get $6
  local.set $4
  i32.const 2816
  local.set $9
  loop $for-loop|0
   local.get $9
   local.get $10
   i32.lt_u
   if
    local.get $0
    local.get $1
    local.get $2
    local.get $3
    local.get $8
    local.get $5
    local.get $4
    local.get $7
    local.get $9
    call $assembly/lanes/others
    local.get $9
    i32.const 176
    i32.add
    local.set $9
    local.get $8
    i32.const 16
    i32.add
    local.set $8
    local.get $4
    i32.const 4
    i32.add
    local.set $4
    local.get $1
    local.get $3
    i32.const 2
    i32.shl
    i32.add
    local.set $1
    br $for-loop|0
   end
  end
  i32.const 2816
  local.set $1
  loop $for-loop|1
   local.get $1
   local.get $10
   i32.lt_u
   if
    local.get $0
    local.get $1
    call $assembly/lanes/addUp
    local.get $1
    i32.const 176
    i32.add
    local.set $1
    br $for-loop|1
   end
  end
  i32.const 90112
  local.set $8
  local.get $6
  local.set $4
  i32.const 2816
  local.set $1
  loop $for-loop|2
   local.get $1
   local.get $10
   i32.lt_u
   if
    local.get $1
    v128.load
    local.tee $11
    local.get $11
    f32x4.ne
    v128.any_true
    i32.eqz
    if
     local.get $0
     local.get $8
     local.get $4
     local.get $1
     call $assembly/lanes/results
    end
    local.get $1
    i32.const 176
    i32.add
    local.set $1
    local.get $8
    i32.const 16
    i32.add
    local.set $8
    local.get $4
    i32.const 4
    i32.add
    local.set $4
    br $for-loop|2
   end
  end
 )
 (func $assembly/exponentials/sumExponentials (param $0 i32) (param $1 i32) (param $2 i32) (param $3 v128) (param $4 v128) (param $5 i32)
  (local $6 v128)
  (local $7 v128)
  (local $8 v128)
  (local $9 v128)
  (local $10 v128)
  (local $11 v128)
  (local $12 v128)
  (local $13 v128)
  (local $14 v128)
  (local $15 i32)
  (local $16 v128)
  (local $17 v128)
  i32.const 1024
  v128.load32_splat
  local.set $7
  i32.const 1028
  v128.load32_splat
  local.set $8
  i32.const 1032
  v128.load32_splat
  local.set $9
  i32.const 1036
  v128.load32_splat
  local.set $10
  i32.const 1040
  v128.load32_splat
  local.set $11
  i32.const 1044
  v128.load32_splat
  local.set $12
  i32.const 1048
  v128.load32_splat
  local.set $13
  i32.const 1052
  v128.load32_splat
  local.set $14
  local.get $5
  v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
  v128.store
  local.get $5
  v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
  v128.store offset=16
  loop $while-continue|0
   local.get $0
   local.get $1
   i32.lt_u
   if
    local.get $1
    local.get $0
    local.get $2
    i32.const 4
    i32.shl
    i32.add
    local.tee $15
    local.get $1
    local.get $15
    i32.lt_u
    select
    local.set $15
    v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
    local.set $6
    loop $for-loop|1
     local.get $0
     local.get $15
     i32.lt_u
     if
      local.get $6
      local.get $0
      v128.load
      local.get $3
      f32x4.pmax
      local.tee $6
      local.get $7
      f32x4.mul
      local.get $4
      f32x4.add
      local.tee $16
      i32.const 23
      i32x4.shl
      local.tee $17
      local.get $10
      local.get $16
      local.get $4
      f32x4.sub
      local.tee $16
      local.get $9
      f32x4.mul
      local.get $16
      local.get $8
      f32x4.mul
      local.get $6
      f32x4.add
      f32x4.add
      local.tee $6
      local.get $6
      f32x4.mul
      local.tee $16
      f32x4.mul
      local.get $11
      local.get $6
      f32x4.mul
      local.get $12
      f32x4.add
      f32x4.add
      local.get $16
      f32x4.mul
      local.get $13
      local.get $6
      f32x4.mul
      local.get $14
      f32x4.add
      f32x4.add
      local.get $16
      f32x4.mul
      local.get $6
      f32x4.add
      f32x4.mul
      local.get $17
      f32x4.add
      f32x4.add
      local.set $6
      local.get $0
      local.get $2
      i32.add
      local.set $0
      br $for-loop|1
     end
    end
    local.get $5
    local.get $5
    v128.load
    local.get $6
    f64x2.promote_low_f32x4
    f64x2.add
    v128.store
    local.get $5
    local.get $5
    v128.load offset=16
    local.get $6
    local.get $6
    i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15
    f64x2.promote_low_f32x4
    f64x2.add
    v128.store offset=16
    br $while-continue|0
   end
  end
 )
 (func $assembly/exponentials/keepExponentials (param $0 i32) (param $1 i32) (param $2 i32) (param $3 v128) (param $4 v128)
  (local $5 v128)
  (local $6 v128)
  (local $7 v128)
  (local $8 v128)
  (local $9 v128)
  (local $10 v128)
  (local $11 v128)
  (local $12 v128)
  (local $13 v128)
  (local $14 i32)
  (local $15 v128)
  (local $16 v128)
  i32.const 1024
  v128.load32_splat
  local.set $6
  i32.const 1028
  v128.load32_splat
  local.set $7
  i32.const 1032
  v128.load32_splat
  local.set $8
  i32.const 1036
  v128.load32_splat
  local.set $9
  i32.const 1040
  v128.load32_splat
  local.set $10
  i32.const 1044
  v128.load32_splat
  local.set $11
  i32.const 1048
  v128.load32_splat
  local.set $12
  i32.const 1052
  v128.load32_splat
  local.set $13
  i32.const 2560
  v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
  v128.store
  i32.const 2576
  v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
  v128.store
  loop $while-continue|0
   local.get $0
   local.get $2
   i32.lt_u
   if
    local.get $2
    local.get $0
    i32.const 256
    i32.add
    local.tee $14
    local.get $2
    local.get $14
    i32.lt_u
    select
    local.set $14
    v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
    local.set $5
    loop $for-loop|1
     local.get $0
     local.get $14
     i32.lt_u
     if
      local.get $5
      local.get $0
      v128.load
      local.get $3
      f32x4.pmax
      local.tee $5
      local.get $6
      f32x4.mul
      local.get $4
      f32x4.add
      local.tee $15
      i32.const 23
      i32x4.shl
      local.tee $16
      local.get $9
      local.get $15
      local.get $4
      f32x4.sub
      local.tee $15
      local.get $8
      f32x4.mul
      local.get $15
      local.get $7
      f32x4.mul
      local.get $5
      f32x4.add
      f32x4.add
      local.tee $5
      local.get $5
      f32x4.mul
      local.tee $15
      f32x4.mul
      local.get $10
      local.get $5
      f32x4.mul
      local.get $11
      f32x4.add
      f32x4.add
      local.get $15
      f32x4.mul
      local.get $12
      local.get $5
      f32x4.mul
      local.get $13
      f32x4.add
      f32x4.add
      local.get $15
      f32x4.mul
      local.get $5
      f32x4.add
      f32x4.mul
      local.get $16
      f32x4.add
      local.tee $15
      f32x4.add
      local.set $5
      local.get $1
      local.get $15
      v128.store
      local.get $1
      i32.const 16
      i32.add
      local.set $1
      local.get $0
      i32.const 16
      i32.add
      local.set $0
      br $for-loop|1
     end
    end
    i32.const 2560
    i32.const 2560
    v128.load
    local.get $5
    f64x2.promote_low_f32x4
    f64x2.add
    v128.store
    i32.const 2576
    i32.const 2576
    v128.load
    local.get $5
    local.get $5
    i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15
    f64x2.promote_low_f32x4
    f64x2.add
    v128.store
    br $while-continue|0
   end
  end
 )
 (func $assembly/tile/subtractColumns (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32)
  (local $5 i32)
  (local $6 v128)
  (local $7 v128)
  (local $8 v128)
  (local $9 v128)
  (local $10 v128)
  (local $11 v128)
  (local $12 v128)
  (local $13 v128)
  i32.const 2816
  v128.load
  local.set $6
  i32.const 2992
  v128.load
  local.set $7
  i32.const 3168
  v128.load
  local.set $8
  i32.const 3344
  v128.load
  local.set $9
  i32.const 2928
  v128.load
  local.set $10
  i32.const 3104
  v128.load
  local.set $11
  i32.const 3280
  v128.load
  local.set $12
  i32.const 3456
  v128.load
  local.set $13
  loop $for-loop|0
   local.get $2
   local.get $5
   i32.gt_s
   if
    local.get $1
    local.get $0
    v128.load
    local.get $6
    f32x4.sub
    local.get $10
    f32x4.sub
    v128.store
    local.get $4
    i32.const 4
    i32.gt_s
    if
     local.get $1
     local.get $0
     v128.load offset=16
     local.get $7
     f32x4.sub
     local.get $11
     f32x4.sub
     v128.store offset=16
    end
    local.get $4
    i32.const 8
    i32.gt_s
    if
     local.get $1
     local.get $0
     v128.load offset=32
     local.get $8
     f32x4.sub
     local.get $12
     f32x4.sub
     v128.store offset=32
    end
    local.get $4
    i32.const 12
    i32.gt_s
    if
     local.get $1
     local.get $0
     v128.load offset=48
     local.get $9
     f32x4.sub
     local.get $13
     f32x4.sub
     v128.store offset=48
    end
    local.get $5
    i32.const 1
    i32.add
    local.set $5
    local.get $0
    local.get $3
    i32.add
    local.set $0
    local.get $1
    local.get $3
    i32.add
    local.set $1
    br $for-loop|0
   end
  end
 )
 (func $assembly/tile/storeRows (param $0 i32) (param $1 i32) (param $2 i32) (param $3 v128)
  (local $4 i32)
  (local $5 v128)
  (local $6 v128)
  (local $7 i32)
  (local $8 v128)
  (local $9 v128)
  (local $10 i32)
  (local $11 i32)
  (local $12 i32)
  (local $13 v128)
  (local $14 v128)
  local.get $2
  i32.const 2
  i32.shl
  local.tee $4
  i32.const -16
  i32.and
  local.set $10
  i32.const 0
  local.set $2
  loop $for-loop|0
   local.get $2
   local.get $10
   i32.lt_u
   if
    local.get $0
    local.get $2
    i32.add
    local.tee $11
    local.get $4
    i32.add
    local.tee $12
    local.get $4
    i32.add
    local.set $7
    local.get $11
    local.get $1
    v128.load
    local.get $3
    f32x4.mul
    local.tee $8
    local.get $1
    v128.load offset=64
    local.get $3
    f32x4.mul
    local.tee $9
    i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
    local.tee $13
    local.get $1
    v128.load offset=128
    local.get $3
    f32x4.mul
    local.tee $14
    local.get $1
    v128.load offset=192
    local.get $3
    f32x4.mul
    local.tee $5
    i8x16.shuffle 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23
    local.tee $6
    i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
    v128.store
    local.get $12
    local.get $13
    local.get $6
    i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31
    v128.store
    local.get $7
    local.get $8
    local.get $9
    i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
    local.tee $6
    local.get $14
    local.get $5
    i8x16.shuffle 8 9 10 11 24 25 26 27 12 13 14 15 28 29 30 31
    local.tee $5
    i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
    v128.store
    local.get $4
    local.get $7
    i32.add
    local.get $6
    local.get $5
    i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31
    v128.store
    local.get $2
    i32.const 16
    i32.add
    local.set $2
    local.get $1
    i32.const 256
    i32.add
    local.set $1
    br $for-loop|0
   end
  end
  loop $for-loop|1
   local.get $2
   local.get $4
   i32.lt_u
   if
    local.get $0
    local.get $2
    i32.add
    local.tee $7
    local.get $4
    i32.add
    local.tee $10
    local.get $4
    i32.add
    local.set $11
    local.get $7
    local.get $1
    v128.load
    local.get $3
    f32x4.mul
    local.tee $5
    v128.store32_lane 0
    local.get $10
    local.get $5
    v128.store32_lane 1
    local.get $11
    local.get $5
    v128.store32_lane 2
    local.get $4
    local.get $11
    i32.add
    local.get $5
    v128.store32_lane 3
    local.get $2
    i32.const 4
    i32.add
    local.set $2
    local.get $1
    i32.const -64
    i32.sub
    local.set $1
    br $for-loop|1
   end
  end
 )
 (func $assembly/rows/rowsOf (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32) (param $5 f32)
  (local $6 i32)
  (local $7 i32)
  local.get $4
  i32.const 2
  i32.shl
  local.set $7
  loop $for-loop|0
   local.get $3
   local.get $6
   i32.gt_s
   if
    local.get $0
    local.get $1
    local.get $2
    local.get $4
    local.get $6
    local.get $5
    call $assembly/rows/rowOf
    local.get $6
    i32.const 1
    i32.add
    local.set $6
    local.get $1
    local.get $7
    i32.add
    local.set $1
    local.get $2
    local.get $7
    i32.add
    local.set $2
    br $for-loop|0
   end
  end
 )
 (func $assembly/rows/maxOf (param $0 i32) (param $1 i32) (result f32)
  (local $2 v128)
  (local $3 f32)
  (local $4 v128)
  (local $5 i32)
  (local $6 v128)
  (local $7 v128)
  (local $8 f32)
  (local $9 i32)
  (local $10 i32)
  (local $11 v128)
  (local $12 i32)
  f32.const -inf
  local.set $3
  v128.const i32x4 0xff800000 0xff800000 0xff800000 0xff800000
  local.set $4
  i32.const 2688
  local.get $0
  i32.store
  local.get $0
  local.get $1
  i32.const 2
  i32.shl
  i32.add
  local.set $9
  local.get $0
  local.get $1
  i32.const -4
  i32.and
  i32.const 2
  i32.shl
  i32.add
  local.set $12
  loop $while-continue|0
   local.get $0
   local.get $12
   i32.lt_u
   if
    local.get $0
    local.set $5
    local.get $12
    local.get $0
    i32.const 512
    i32.add
    local.tee $1
    local.get $1
    local.get $12
    i32.gt_u
    select
    local.set $10
    local.get $4
    local.tee $2
    local.set $11
    local.get $2
    local.set $7
    local.get $2
    local.set $6
    loop $for-loop|1
     local.get $0
     i32.const -64
     i32.sub
     local.tee $1
     local.get $10
     i32.le_u
     if
      local.get $2
      local.get $0
      v128.load
      f32x4.pmax
      local.set $2
      local.get $11
      local.get $0
      v128.load offset=16
      f32x4.pmax
      local.set $11
      local.get $7
      local.get $0
      v128.load offset=32
      f32x4.pmax
      local.set $7
      local.get $6
      local.get $0
      v128.load offset=48
      f32x4.pmax
      local.set $6
      local.get $1
      local.set $0
      br $for-loop|1
     end
    end
    loop $for-loop|2
     local.get $0
     local.get $10
     i32.lt_u
     if
      local.get $2
      local.get $0
      v128.load
      f32x4.pmax
      local.set $2
      local.get $0
      i32.const 16
      i32.add
      local.set $0
      br $for-loop|2
     end
    end
    local.get $2
    local.get $11
    f32x4.pmax
    local.get $7
    local.get $6
    f32x4.pmax
    f32x4.pmax
    local.tee $2
    local.get $4
    f32x4.gt
    v128.any_true
    i32.eqz
    br_if $while-continue|0
    local.get $2
    local.get $2
    local.get $2
    i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7
    f32x4.pmax
    local.tee $2
    local.get $2
    local.get $2
    i8x16.shuffle 4 5 6 7 0 1 2 3 12 13 14 15 8 9 10 11
    f32x4.pmax
    local.tee $4
    f32x4.extract_lane 0
    local.set $3
    i32.const 2688
    local.get $5
    i32.store
    br $while-continue|0
   end
  end
  loop $for-loop|3
   local.get $0
   local.get $9
   i32.lt_u
   if
    local.get $0
    f32.load
    local.tee $8
    local.get $3
    f32.gt
    if
     i32.const 2688
     local.get $0
     i32.store
     local.get $8
     local.set $3
    end
    local.get $0
    i32.const 4
    i32.add
    local.set $0
    br $for-loop|3
   end
  end
  local.get $3
 )
 (func $assembly/lanes/shortRowsOf (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32) (param $5 f32)
  (local $6 i32)
  (local $7 i32)
  (local $8 i32)
  (local $9 i32)
  (local $10 i32)
  (local $11 v128)
  (local $12 i32)
  (local $13 i32)
  (local $14 i32)
  (local $15 i32)
  (local $16 i32)
  local.get $4
  i32.const 2
  i32.shl
  local.set $10
  loop $for-loop|0
   local.get $3
   local.get $9
   i32.gt_s
   if
    local.get $1
    local.set $6
    i32.const 90112
    local.set $8
    i32.const 2816
    local.set $7
    i32.const 16
    local.get $3
    local.get $9
    i32.sub
    local.tee $12
    local.get $12
    i32.const 16
    i32.gt_s
    select
    local.tee $12
    i32.const 3
    i32.add
    i32.const 2
    i32.shr_u
    i32.const 176
    i32.mul
    i32.const 2816
    i32.add
    local.set $13
    loop $for-loop|1
     local.get $7
     local.get $13
     i32.lt_u
     if
      local.get $0
      i32.eqz
      local.get $0
      i32.const 4
      i32.eq
      i32.or
      if
       i32.const 1
       local.get $6
       local.get $8
       local.get $4
       local.get $7
       call $assembly/tile/loadRows
      else
       i32.const 0
       local.get $6
       local.get $8
       local.get $4
       local.get $7
       call $assembly/tile/loadRows
      end
      local.get $7
      i32.const 176
      i32.add
      local.set $7
      local.get $8
      i32.const 16
      i32.add
      local.set $8
      local.get $6
      local.get $10
      i32.const 2
      i32.shl
      i32.add
      local.set $6
      br $for-loop|1
     end
    end
    local.get $0
    local.get $1
    i32.const 4
    local.get $10
    local.get $12
    local.get $4
    local.get $9
    local.get $5
    call $assembly/lanes/compute
    local.get $0
    i32.eqz
    local.get $0
    i32.const 4
    i32.eq
    i32.or
    if
     local.get $4
     i32.const 4
     i32.shl
     local.set $13
     i32.const 90112
     local.set $7
     local.get $2
     local.set $8
     i32.const 2816
     local.set $6
     local.get $12
     i32.const 3
     i32.add
     i32.const 2
     i32.shr_u
     i32.const 176
     i32.mul
     i32.const 2816
     i32.add
     local.set $14
     loop $for-loop|00
      local.get $6
      local.get $14
      i32.lt_u
      if
       local.get $8
       local.get $7
       local.get $4
       local.get $6
       v128.load offset=144
       call $assembly/tile/storeRows
       local.get $6
       i32.const 176
       i32.add
       local.set $6
       local.get $7
       i32.const 16
       i32.add
       local.set $7
       local.get $8
       local.get $13
       i32.add
       local.set $8
       br $for-loop|00
      end
     end
     local.get $0
     i32.const 4
     i32.eq
     if
      local.get $2
      i32.const 4
      local.get $4
      i32.const 2
      i32.shl
      local.get $12
      local.get $9
      call $assembly/lanes/putSlopes
     end
    else
     local.get $0
     i32.const 1
     i32.eq
     if
      local.get $4
      i32.const 2
      i32.shl
      local.set $13
      local.get $2
      local.get $1
      local.tee $7
      i32.sub
      local.set $15
      i32.const 2816
      local.set $6
      local.get $12
      i32.const 3
      i32.add
      i32.const 2
      i32.shr_u
      i32.const 176
      i32.mul
      i32.const 2816
      i32.add
      local.set $16
      loop $for-loop|01
       local.get $6
       local.get $16
       i32.lt_u
       if
        i32.const 0
        local.set $8
        loop $for-loop|12
         local.get $8
         i32.const 16
         i32.lt_u
         if
          local.get $6
          v128.load
          local.tee $11
          local.get $11
          f32x4.ne
          v128.any_true
          i32.eqz
          if
           local.get $7
           local.get $7
           local.get $15
           i32.add
           local.get $4
           local.get $6
           local.get $8
           i32.add
           local.tee $14
           f32.load
           local.get $14
           f32.load offset=112
           call $assembly/rows/subtract
          end
          local.get $8
          i32.const 4
          i32.add
          local.set $8
          local.get $7
          local.get $13
          i32.add
          local.set $7
          br $for-loop|12
         end
        end
        local.get $6
        i32.const 176
        i32.add
        local.set $6
        br $for-loop|01
       end
      end
      local.get $2
      i32.const 4
      local.get $10
      local.get $12
      local.get $4
      call $assembly/lanes/putApart
     end
    end
    local.get $9
    i32.const 16
    i32.add
    local.set $9
    local.get $10
    i32.const 4
    i32.shl
    local.tee $6
    local.get $1
    i32.add
    local.set $1
    local.get $2
    local.get $6
    i32.add
    local.set $2
    br $for-loop|0
   end
  end
 )
 (func $assembly/lanes/results (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32)
  (local $4 v128)
  (local $5 i32)
  (local $6 v128)
  (local $7 v128)
  (local $8 v128)
  (local $9 v128)
  (local $10 v128)
  (local $11 v128)
  local.get $3
  v128.load offset=80
  local.set $6
  local.get $3
  v128.load offset=96
  local.set $7
  local.get $0
  i32.eqz
  if
   local.get $3
   i32.const 1128
   v128.load64_splat
   local.tee $4
   local.get $6
   f64x2.div
   f32x4.demote_f64x2_zero
   local.get $4
   local.get $7
   f64x2.div
   f32x4.demote_f64x2_zero
   i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
   v128.store offset=144
   return
  end
  local.get $3
  v128.load offset=112
  local.set $8
  local.get $3
  v128.load offset=128
  local.set $9
  local.get $0
  i32.const 1
  i32.eq
  if
   local.get $3
   local.get $8
   f32x4.demote_f64x2_zero
   local.get $9
   f32x4.demote_f64x2_zero
   i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
   v128.store offset=112
   return
  end
  local.get $2
  i32.const 3
  i32.shl
  i32.const 53248
  i32.add
  local.tee $5
  local.get $3
  v128.load
  local.tee $4
  f64x2.promote_low_f32x4
  local.get $0
  i32.const 2
  i32.eq
  if (result v128)
   v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
  else
   local.get $3
   v128.load offset=16
  end
  local.tee $10
  f64x2.promote_low_f32x4
  f64x2.sub
  local.get $8
  f64x2.add
  v128.store
  local.get $5
  local.get $4
  local.get $4
  i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15
  f64x2.promote_low_f32x4
  local.get $10
  local.get $10
  i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15
  f64x2.promote_low_f32x4
  f64x2.sub
  local.get $9
  f64x2.add
  v128.store offset=16
  local.get $0
  i32.const 4
  i32.ne
  if
   return
  end
  local.get $3
  local.get $2
  i32.const 3
  i32.shl
  i32.const 20480
  i32.add
  local.tee $0
  v128.load
  local.tee $8
  local.get $6
  f64x2.div
  local.tee $9
  f32x4.demote_f64x2_zero
  local.get $0
  v128.load offset=16
  local.tee $11
  local.get $7
  f64x2.div
  local.tee $7
  f32x4.demote_f64x2_zero
  i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
  v128.store offset=144
  local.get $3
  local.get $3
  v128.load offset=32
  local.get $9
  f64x2.mul
  f32x4.demote_f64x2_zero
  local.get $3
  v128.load offset=48
  local.get $7
  f64x2.mul
  f32x4.demote_f64x2_zero
  i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
  f32x4.neg
  local.get $1
  i32.const 12
  i32.add
  local.get $2
  i32.const 2
  i32.shl
  local.tee $0
  i32.const 4108
  i32.add
  i32.load
  i32.const 6
  i32.shl
  i32.add
  local.get $1
  i32.const 8
  i32.add
  local.get $0
  i32.const 4104
  i32.add
  i32.load
  i32.const 6
  i32.shl
  i32.add
  local.get $1
  i32.const 4
  i32.add
  local.get $0
  i32.const 4100
  i32.add
  i32.load
  i32.const 6
  i32.shl
  i32.add
  local.get $1
  local.get $0
  i32.const 4096
  i32.add
  i32.load
  i32.const 6
  i32.shl
  i32.add
  v128.load32_zero
  v128.load32_lane 1
  v128.load32_lane 2
  v128.load32_lane 3
  local.tee $6
  f64x2.promote_low_f32x4
  local.get $9
  f64x2.mul
  local.get $8
  f64x2.sub
  f32x4.demote_f64x2_zero
  local.get $6
  local.get $6
  i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15
  f64x2.promote_low_f32x4
  local.get $7
  f64x2.mul
  local.get $11
  f64x2.sub
  f32x4.demote_f64x2_zero
  i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
  local.get $10
  local.get $4
  f32x4.eq
  v128.bitselect
  v128.store offset=160
 )
 (func $assembly/lanes/others (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32) (param $5 i32) (param $6 i32) (param $7 f32) (param $8 i32)
  (local $9 i32)
  (local $10 v128)
  (local $11 i32)
  (local $12 v128)
  (local $13 v128)
  local.get $8
  v128.load
  local.tee $10
  f32x4.abs
  v128.const i32x4 0x7f800000 0x7f800000 0x7f800000 0x7f800000
  f32x4.eq
  local.set $12
  local.get $0
  i32.const 3
  i32.ge_s
  if (result v128)
   local.get $12
   local.get $6
   i32.const 2
   i32.shl
   i32.const 4096
   i32.add
   v128.load
   i32.const 31
   i32x4.shr_s
   v128.or
  else
   local.get $12
  end
  v128.any_true
  if
   loop $for-loop|0
    local.get $11
    i32.const 4
    i32.lt_u
    if
     i32.const 0
     local.set $9
     loop $for-loop|1
      local.get $5
      local.get $9
      i32.gt_u
      if
       local.get $9
       i32.const 2
       i32.shl
       i32.const 86016
       i32.add
       local.get $1
       local.get $3
       local.get $11
       i32.mul
       i32.add
       local.get $2
       local.get $9
       i32.mul
       i32.add
       f32.load
       f32.store
       local.get $9
       i32.const 1
       i32.add
       local.set $9
       br $for-loop|1
      end
     end
     local.get $0
     i32.const 86016
     i32.const 86016
     local.get $5
     local.get $6
     local.get $11
     i32.add
     local.get $7
     call $assembly/rows/rowOf
     i32.const 0
     local.set $9
     loop $for-loop|2
      local.get $5
      local.get $9
      i32.gt_u
      if
       local.get $4
       local.get $11
       i32.const 2
       i32.shl
       i32.add
       local.get $9
       i32.const 6
       i32.shl
       i32.add
       local.get $9
       i32.const 2
       i32.shl
       i32.const 86016
       i32.add
       f32.load
       f32.store
       local.get $9
       i32.const 1
       i32.add
       local.set $9
       br $for-loop|2
      end
     end
     local.get $11
     i32.const 1
     i32.add
     local.set $11
     br $for-loop|0
    end
   end
   local.get $8
   v128.const i32x4 0x7fc00000 0x7fc00000 0x7fc00000 0x7fc00000
   v128.store
   local.get $8
   v128.const i32x4 0x3f800000 0x3f800000 0x3f800000 0x3f800000
   v128.store offset=144
   return
  end
  local.get $0
  i32.const 3
  i32.ge_s
  if
   local.get $8
   local.get $1
   local.get $3
   i32.const 3
   i32.mul
   i32.add
   local.get $2
   local.get $6
   i32.const 2
   i32.shl
   local.tee $6
   i32.const 4108
   i32.add
   i32.load
   i32.mul
   i32.add
   local.get $1
   local.get $3
   i32.const 1
   i32.shl
   i32.add
   local.get $2
   local.get $6
   i32.const 4104
   i32.add
   i32.load
   i32.mul
   i32.add
   local.get $1
   local.get $3
   i32.add
   local.get $2
   local.get $6
   i32.const 4100
   i32.add
   i32.load
   i32.mul
   i32.add
   local.get $1
   local.get $2
   local.get $6
   i32.const 4096
   i32.add
   i32.load
   i32.mul
   i32.add
   v128.load32_zero
   v128.load32_lane 1
   v128.load32_lane 2
   v128.load32_lane 3
   v128.store offset=16
  end
  local.get $4
  local.get $5
  i32.const 6
  i32.shl
  i32.add
  local.set $2
  local.get $10
  local.get $10
  local.get $10
  f32x4.abs
  v128.const i32x4 0x43500000 0x43500000 0x43500000 0x43500000
  f32x4.ge
  v128.and
  local.tee $10
  f32x4.sub
  local.set $12
  local.get $10
  v128.any_true
  if
   local.get $4
   local.set $1
   loop $for-loop|00
    local.get $1
    local.get $2
    i32.lt_u
    if
     local.get $1
     local.get $1
     v128.load
     local.get $10
     f32x4.sub
     v128.store
     local.get $1
     i32.const -64
     i32.sub
     local.set $1
     br $for-loop|00
    end
   end
  end
  local.get $12
  i32.const 1024
  v128.load32_splat
  f32x4.mul
  f32x4.nearest
  local.tee $10
  v128.const i32x4 0x42fe0000 0x42fe0000 0x42fe0000 0x42fe0000
  f32x4.sub
  v128.const i32x4 0x3f317218 0x3f317218 0x3f317218 0x3f317218
  f32x4.mul
  local.set $13
  v128.const i32x4 0x4b40007f 0x4b40007f 0x4b40007f 0x4b40007f
  local.get $10
  f32x4.sub
  local.set $10
  local.get $0
  i32.eqz
  local.get $0
  i32.const 4
  i32.eq
  i32.or
  if
   local.get $4
   local.get $2
   local.get $13
   local.get $10
   local.get $12
   local.get $8
   i32.const 32
   i32.add
   call $assembly/exponentials/keepOthers
  else
   local.get $4
   local.get $2
   i32.const 64
   local.get $13
   local.get $10
   local.get $8
   i32.const 32
   i32.add
   call $assembly/exponentials/sumExponentials
  end
 )
 (func $assembly/lanes/columnsOf (param $0 i32) (param $1 i32) (param $2 i32) (param $3 i32) (param $4 i32) (param $5 i32) (param $6 i32) (param $7 f32)
  (local $8 i32)
  (local $9 i32)
  (local $10 i32)
  (local $11 i32)
  (local $12 i32)
  (local $13 i32)
  (local $14 i32)
  (local $15 i32)
  (local $16 v128)
  (local $17 v128)
  (local $18 v128)
  (local $19 v128)
  (local $20 i32)
  local.get $6
  i32.const 2
  i32.shl
  local.set $8
  local.get $2
  local.get $1
  i32.sub
  local.set $15
  loop $for-loop|0
   local.get $3
   local.get $13
   i32.gt_s
   if
    i32.const 0
    local.set $11
    loop $for-loop|1
     local.get $5
     local.get $11
     i32.gt_s
     if
      i32.const 16
      local.get $5
      local.get $11
      i32.sub
      local.tee $2
      local.get $2
      i32.const 16
      i32.gt_s
      select
      local.set $9
      local.get $15
      local.get $1
      local.get $11
      i32.const 2
      i32.shl
      i32.add
      local.tee $12
      i32.add
      local.set $6
      local.get $0
      i32.eqz
      local.get $0
      i32.const 4
      i32.eq
      i32.or
      if
       i32.const 1
       local.get $12
       local.get $4
       local.get $8
       call $assembly/tile/loadColumns
      else
       i32.const 0
       local.get $12
       local.get $4
       local.get $8
       call $assembly/tile/loadColumns
      end
      local.get $0
      local.get $12
      local.get $8
      i32.const 4
      local.get $9
      local.get $4
      local.get $5
      local.get $13
      i32.mul
      local.get $11
      i32.add
      local.tee $14
      local.get $7
      call $assembly/lanes/compute
      local.get $0
      i32.eqz
      local.get $0
      i32.const 4
      i32.eq
      i32.or
      if
       local.get $6
       local.set $2
       i32.const 2960
       v128.load
       local.set $16
       i32.const 3136
       v128.load
       local.set $17
       i32.const 3312
       v128.load
       local.set $18
       i32.const 3488
       v128.load
       local.set $19
       i32.const 90112
       local.set $10
       local.get $4
       i32.const 6
       i32.shl
       i32.const 90112
       i32.add
       local.set $20
       loop $for-loop|00
        local.get $10
        local.get $20
        i32.lt_u
        if
         local.get $2
         local.get $10
         v128.load
         local.get $16
         f32x4.mul
         v128.store
         local.get $9
         i32.const 4
         i32.gt_s
         if
          local.get $2
          local.get $10
          v128.load offset=16
          local.get $17
          f32x4.mul
          v128.store offset=16
         end
         local.get $9
         i32.const 8
         i32.gt_s
         if
          local.get $2
          local.get $10
          v128.load offset=32
          local.get $18
          f32x4.mul
          v128.store offset=32
         end
         local.get $9
         i32.const 12
         i32.gt_s
         if
          local.get $2
          local.get $10
          v128.load offset=48
          local.get $19
          f32x4.mul
          v128.store offset=48
         end
         local.get $10
         i32.const -64
         i32.sub
         local.set $10
         local.get $2
         local.get $8
         i32.add
         local.set $2
         br $for-loop|00
        end
       end
      end
      local.get $0
      i32.const 4
      i32.eq
      if
       local.get $6
       local.get $8
       i32.const 4
       local.get $9
       local.get $14
       call $assembly/lanes/putSlopes
      end
      local.get $0
      i32.const 1
      i32.eq
      if
       local.get $12
       local.get $6
       local.get $4
       local.get $8
       local.get $9
       call $assembly/tile/subtractColumns
       local.get $6
       local.get $8
       i32.const 4
       local.get $9
       local.get $4
       call $assembly/lanes/putApart
      end
      local.get $11
      i32.const 16
      i32.add
      local.set $11
      br $for-loop|1
     end
    end
    local.get $13
    i32.const 1
    i32.add
    local.set $13
    local.get $1
    local.get $4
    local.get $8
    i32.mul
    i32.add
    local.set $1
    br $for-loop|0
   end
  end
 )
 (func $assembly/lanes/addUp (param $0 i32) (param $1 i32)
  (local $2 v128)
  (local $3 v128)
  (local $4 v128)
  (local $5 v128)
  (local $6 v128)
  (local $7 v128)
  (local $8 v128)
  (local $9 v128)
  (local $10 v128)
  (local $11 v128)
  (local $12 v128)
  (local $13 v128)
  local.get $1
  v128.load
  local.tee $2
  local.get $2
  local.get $2
  f32x4.abs
  v128.const i32x4 0x43500000 0x43500000 0x43500000 0x43500000
  f32x4.ge
  v128.and
  f32x4.sub
  local.tee $7
  i32.const 1024
  v128.load32_splat
  f32x4.mul
  f32x4.nearest
  local.set $8
  local.get $7
  f64x2.promote_low_f32x4
  local.get $8
  f64x2.promote_low_f32x4
  i32.const 1056
  v128.load64_splat
  local.tee $2
  f64x2.mul
  f64x2.sub
  local.tee $6
  local.get $6
  f64x2.mul
  local.tee $9
  local.get $9
  f64x2.mul
  local.get $9
  local.get $6
  i32.const 1120
  v128.load64_splat
  local.tee $3
  f64x2.mul
  i32.const 1112
  v128.load64_splat
  local.tee $4
  f64x2.add
  f64x2.mul
  local.get $6
  i32.const 1104
  v128.load64_splat
  local.tee $5
  f64x2.mul
  i32.const 1096
  v128.load64_splat
  local.tee $10
  f64x2.add
  f64x2.add
  f64x2.mul
  local.get $9
  local.get $6
  i32.const 1088
  v128.load64_splat
  local.tee $9
  f64x2.mul
  i32.const 1080
  v128.load64_splat
  local.tee $11
  f64x2.add
  f64x2.mul
  local.get $6
  i32.const 1072
  v128.load64_splat
  local.tee $12
  f64x2.mul
  i32.const 1064
  v128.load64_splat
  local.tee $13
  f64x2.add
  f64x2.add
  f64x2.add
  local.set $6
  local.get $7
  local.get $7
  i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15
  f64x2.promote_low_f32x4
  local.get $8
  local.get $8
  i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15
  f64x2.promote_low_f32x4
  local.get $2
  f64x2.mul
  f64x2.sub
  local.tee $2
  local.get $2
  f64x2.mul
  local.tee $7
  local.get $7
  f64x2.mul
  local.get $7
  local.get $2
  local.get $3
  f64x2.mul
  local.get $4
  f64x2.add
  f64x2.mul
  local.get $2
  local.get $5
  f64x2.mul
  local.get $10
  f64x2.add
  f64x2.add
  f64x2.mul
  local.get $7
  local.get $2
  local.get $9
  f64x2.mul
  local.get $11
  f64x2.add
  f64x2.mul
  local.get $2
  local.get $12
  f64x2.mul
  local.get $13
  f64x2.add
  f64x2.add
  f64x2.add
  local.set $4
  local.get $1
  v128.load offset=32
  local.set $2
  local.get $1
  v128.load offset=48
  local.set $3
  local.get $0
  i32.eqz
  local.get $0
  i32.const 4
  i32.eq
  i32.or
  if
   local.get $1
   local.get $2
   local.get $1
   v128.load offset=64
   local.tee $5
   f64x2.convert_low_i32x4_s
   local.get $6
   f64x2.mul
   f64x2.add
   local.tee $2
   v128.store offset=32
   local.get $1
   local.get $3
   local.get $5
   local.get $5
   i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15
   f64x2.convert_low_i32x4_s
   local.get $4
   f64x2.mul
   f64x2.add
   local.tee $3
   v128.store offset=48
  end
  local.get $1
  local.get $6
  local.get $2
  f64x2.add
  local.tee $5
  v128.store offset=80
  local.get $1
  local.get $4
  local.get $3
  f64x2.add
  local.tee $7
  v128.store offset=96
  local.get $0
  i32.eqz
  if
   return
  end
  local.get $2
  i32.const 1128
  v128.load64_splat
  local.tee $8
  local.get $5
  local.get $6
  i64x2.sub
  i32.const 1136
  v128.load64_splat
  i64x2.add
  i32.const 52
  i64x2.shr_u
  local.tee $5
  i32.const 52
  i64x2.shl
  i64x2.add
  local.tee $9
  local.get $8
  f64x2.sub
  local.get $6
  f64x2.mul
  f64x2.sub
  local.get $2
  local.get $9
  local.get $8
  f64x2.add
  local.get $6
  f64x2.mul
  f64x2.add
  f64x2.div
  local.tee $2
  local.get $2
  f64x2.mul
  local.tee $6
  local.get $6
  f64x2.mul
  local.set $8
  local.get $1
  local.get $5
  i32.const 1144
  v128.load64_splat
  local.tee $5
  v128.or
  local.get $5
  f64x2.sub
  i32.const 1056
  v128.load64_splat
  f64x2.mul
  local.get $2
  local.get $6
  f64x2.mul
  local.get $8
  local.get $8
  local.get $6
  i32.const 1192
  v128.load64_splat
  f64x2.mul
  i32.const 1184
  v128.load64_splat
  f64x2.add
  f64x2.mul
  local.get $6
  i32.const 1176
  v128.load64_splat
  f64x2.mul
  i32.const 1168
  v128.load64_splat
  f64x2.add
  f64x2.add
  f64x2.mul
  local.get $6
  i32.const 1160
  v128.load64_splat
  f64x2.mul
  i32.const 1152
  v128.load64_splat
  f64x2.add
  f64x2.add
  f64x2.mul
  local.get $2
  local.get $2
  f64x2.add
  f64x2.add
  f64x2.add
  v128.store offset=112
  local.get $3
  i32.const 1128
  v128.load64_splat
  local.tee $2
  local.get $7
  local.get $4
  i64x2.sub
  i32.const 1136
  v128.load64_splat
  i64x2.add
  i32.const 52
  i64x2.shr_u
  local.tee $5
  i32.const 52
  i64x2.shl
  i64x2.add
  local.tee $6
  local.get $2
  f64x2.sub
  local.get $4
  f64x2.mul
  f64x2.sub
  local.get $3
  local.get $6
  local.get $2
  f64x2.add
  local.get $4
  f64x2.mul
  f64x2.add
  f64x2.div
  local.tee $2
  local.get $2
  f64x2.mul
  local.tee $3
  local.get $3
  f64x2.mul
  local.set $4
  local.get $1
  local.get $5
  i32.const 1144
  v128.load64_splat
  local.tee $5
  v128.or
  local.get $5
  f64x2.sub
  i32.const 1056
  v128.load64_splat
  f64x2.mul
  local.get $2
  local.get $3
  f64x2.mul
  local.get $4
  local.get $4
  local.get $3
  i32.const 1192
  v128.load64_splat
  f64x2.mul
  i32.const 1184
  v128.load64_splat
  f64x2.add
  f64x2.mul
  local.get $3
  i32.const 1176
  v128.load64_splat
  f64x2.mul
  i32.const 1168
  v128.load64_splat
  f64x2.add
  f64x2.add
  f64x2.mul
  local.get $3
  i32.const 1160
  v128.load64_splat
  f64x2.mul
  i32.const 1152
  v128.load64_splat
  f64x2.add
  f64x2.add
  f64x2.mul
  local.get $2
  local.get $2
  f64x2.add
  f64x2.add
  f64x2.add
  v128.store offset=128
 )
 (func $assembly/exponentials/keepOthers (param $0 i32) (param $1 i32) (param $2 v128) (param $3 v128) (param $4 v128) (param $5 i32)
  (local $6 i32)
  (local $7 v128)
  (local $8 v128)
  (local $9 v128)
  (local $10 v128)
  (local $11 v128)
  (local $12 v128)
  (local $13 v128)
  (local $14 v128)
  (local $15 v128)
  (local $16 v128)
  (local $17 i32)
  (local $18 v128)
  (local $19 v128)
  (local $20 v128)
  (local $21 v128)
  local.get $0
  local.set $6
  i32.const 1024
  v128.load32_splat
  local.set $9
  i32.const 1028
  v128.load32_splat
  local.set $10
  i32.const 1032
  v128.load32_splat
  local.set $11
  i32.const 1036
  v128.load32_splat
  local.set $12
  i32.const 1040
  v128.load32_splat
  local.set $13
  i32.const 1044
  v128.load32_splat
  local.set $14
  i32.const 1048
  v128.load32_splat
  local.set $15
  i32.const 1052
  v128.load32_splat
  local.set $16
  local.get $5
  v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
  v128.store
  local.get $5
  v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
  v128.store offset=16
  v128.const i32x4 0xffffffff 0xffffffff 0xffffffff 0xffffffff
  local.set $8
  loop $while-continue|0
   local.get $0
   local.get $1
   i32.lt_u
   if
    local.get $1
    local.get $0
    i32.const 1024
    i32.add
    local.tee $17
    local.get $1
    local.get $17
    i32.lt_u
    select
    local.set $17
    v128.const i32x4 0x00000000 0x00000000 0x00000000 0x00000000
    local.set $7
    loop $for-loop|1
     local.get $0
     local.get $17
     i32.lt_u
     if
      local.get $0
      v128.load
      local.tee $18
      local.get $2
      f32x4.pmax
      local.tee $19
      local.get $9
      f32x4.mul
      local.get $3
      f32x4.add
      local.tee $20
      i32.const 23
      i32x4.shl
      local.tee $21
      local.get $12
      local.get $20
      local.get $3
      f32x4.sub
      local.tee $20
      local.get $11
      f32x4.mul
      local.get $20
      local.get $10
      f32x4.mul
      local.get $19
      f32x4.add
      f32x4.add
      local.tee $19
      local.get $19
      f32x4.mul
      local.tee $20
      f32x4.mul
      local.get $13
      local.get $19
      f32x4.mul
      local.get $14
      f32x4.add
      f32x4.add
      local.get $20
      f32x4.mul
      local.get $15
      local.get $19
      f32x4.mul
      local.get $16
      f32x4.add
      f32x4.add
      local.get $20
      f32x4.mul
      local.get $19
      f32x4.add
      f32x4.mul
      local.get $21
      f32x4.add
      local.set $19
      local.get $8
      local.get $18
      local.get $4
      f32x4.eq
      local.tee $18
      i32x4.sub
      local.set $8
      local.get $7
      local.get $19
      local.get $18
      v128.andnot
      f32x4.add
      local.set $7
      local.get $6
      local.get $19
      v128.store
      local.get $6
      i32.const -64
      i32.sub
      local.set $6
      local.get $0
      i32.const -64
      i32.sub
      local.set $0
      br $for-loop|1
     end
    end
    local.get $5
    local.get $5
    v128.load
    local.get $7
    f64x2.promote_low_f32x4
    f64x2.add
    v128.store
    local.get $5
    local.get $5
    v128.load offset=16
    local.get $7
    local.get $7
    i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15
    f64x2.promote_low_f32x4
    f64x2.add
    v128.store offset=16
    br $while-continue|0
   end
  end
  local.get $5
  local.get $8
  v128.store offset=32
 )
)
